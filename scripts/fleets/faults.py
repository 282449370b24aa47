"""What is done to a fleet: processes that end or stop, links that are cut or held, disks that fill up.

Each fault is something that begins, and that ends after its time; `victims` are those whom it keeps from
their work meanwhile.
"""

import asyncio
import contextlib
import os

from gates import MODES, Disturbance


class Fault:
    """One event of a run."""

    kind = ""

    def __init__(self, run, chance):
        self.run = run
        self.chance = chance
        self.victims = set()
        self.seconds = 0.0
        self.began_at = 0.0
        self.detail = ""

    async def begin(self):
        raise NotImplementedError

    async def end(self):
        raise NotImplementedError

    def is_possible(self):
        return True

    def takes_worker(self):
        return any(node.role == "worker" for node in self.victims)


class Kill(Fault):
    """kill -9 and, after a while, another life."""

    def __init__(self, run, chance, node):
        super().__init__(run, chance)
        self.node = node
        self.kind = f"kill {node.role}"
        self.victims = {node}
        self.seconds = chance.choice([0.0, 0.1, 0.5, 1.0, 2.0])
        self.detail = f"{node}, back after {self.seconds} s"

    async def begin(self):
        self.node.kill()

    async def end(self):
        self.node.start()
        await self.run.until_back(self.node)


class Pause(Fault):
    """SIGSTOP, and SIGCONT later: shorter or longer than the fleet's patience of 3 s."""

    def __init__(self, run, chance, node):
        super().__init__(run, chance)
        self.node = node
        self.victims = {node}
        self.is_long = chance.random() < 0.6
        self.seconds = chance.uniform(4.5, 7) if self.is_long else chance.uniform(0.3, 2)
        self.kind = f"{'long' if self.is_long else 'short'} pause of {node.role}"
        self.detail = f"{node}, {self.seconds:.1f} s"

    async def begin(self):
        self.node.pause()

    async def end(self):
        self.node.resume()


class Partition(Fault):
    """Two processes that do not hear each other, or only one the other, or late."""

    def __init__(self, run, chance, client, gate):
        super().__init__(run, chance)
        self.client, self.gate = client, gate
        self.mode = chance.choice(MODES)
        self.breaks = chance.random() < 0.5
        self.seconds = chance.choice([0.3, 1.0, 4.5, 6.0])
        self.delay = chance.uniform(0.02, 0.4)
        ends = sorted((client.role, gate.name.split("-")[0]))
        self.kind = f"link {ends[0]} - {ends[1]}: {self.mode}"
        self.detail = f"{client} to {gate.name}, {self.seconds} s{', then broken' if self.breaks else ''}"
        # Only a worker that its edge cannot hear is kept from its work.
        if client.role == "worker" and gate.name != "coordinator" and self.mode != "delay":
            self.victims = {client}

    @property
    def is_silent(self):
        return self.mode.startswith("hold") and self.seconds > 4

    async def begin(self):
        self.gate.disturb(self.client.name, Disturbance(self.mode, self.delay))

    async def end(self):
        self.gate.heal(self.client.name, self.breaks)


class FullDisk(Fault):
    """Nothing more can be written where a process keeps what outlives it."""

    def __init__(self, run, chance, place):
        super().__init__(run, chance)
        self.place = place
        self.kind = f"disk full: {place.what}"
        self.seconds = chance.uniform(1, 4)
        self.detail = f"{place.path}, {self.seconds:.1f} s"

    async def begin(self):
        await asyncio.to_thread(self.place.fill)

    async def end(self):
        await asyncio.to_thread(self.place.free)


class SlowReaders(Fault):
    """Clients that stop reading in the middle, with hardly a buffer between."""

    kind = "slow readers"

    def __init__(self, run, chance):
        super().__init__(run, chance)
        self.count = chance.randint(1, 3)
        self.seconds = chance.uniform(2, 8)
        self.detail = f"{self.count} for {self.seconds:.1f} s"

    async def begin(self):
        places = [(self.chance.randint(5, 200), self.seconds), (400, self.chance.uniform(0, 2))]
        for _ in range(self.count):
            self.run.watch(self.run.crowd.ask(self.run.slow, pauses=places))

    async def end(self):
        pass


class SmallDisk:
    """A file system of a few megabytes, in memory, that can be filled to its last block."""

    def __init__(self, path, what, megabytes):
        self.path = path
        self.what = what
        self.filler = path / "filler"
        path.mkdir(parents=True, exist_ok=True)
        self.device = path.stat().st_dev
        words = ("mount", "-t", "tmpfs", "-o", f"size={megabytes}M,mode=700", "millrace-chaos", str(path))
        self.is_mounted = os.geteuid() == 0 and os.spawnvp(os.P_WAIT, "mount", words) == 0

    def fill(self):
        with contextlib.suppress(OSError), open(self.filler, "wb", buffering=0) as file:
            for size in (1 << 16, 1 << 12):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(b"\0" * size)

    def free(self):
        self.filler.unlink(missing_ok=True)

    def close(self):
        if self.is_mounted:
            os.spawnvp(os.P_WAIT, "umount", ("umount", "-l", str(self.path)))


class Faults:
    """Draws the events of a run: the same seed draws the same ones in the same order."""

    WEIGHTS = {"kill": 45, "pause": 15, "partition": 28, "disk": 5, "slow": 7}

    def __init__(self, run, chance, disks):
        self.run = run
        self.chance = chance
        self.disks = disks
        self.weights = {name: weight for name, weight in self.WEIGHTS.items() if name != "disk" or disks}

    def draw(self):
        [name] = self.chance.choices(list(self.weights), list(self.weights.values()))
        return getattr(self, f"_{name}")()

    def _node(self):
        fleet = self.run.fleet
        role = self.chance.choices([fleet.workers, fleet.edges, [fleet.coordinator]], [5, 2, 2])[0]
        return self.chance.choice(role)

    def _kill(self):
        return Kill(self.run, self.chance, self._node())

    def _pause(self):
        return Pause(self.run, self.chance, self._node())

    def _partition(self):
        client, gate = self.chance.choice(self.run.links)
        return Partition(self.run, self.chance, client, gate)

    def _disk(self):
        return FullDisk(self.run, self.chance, self.chance.choice(self.disks))

    def _slow(self):
        return SlowReaders(self.run, self.chance)
