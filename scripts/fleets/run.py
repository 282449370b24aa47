"""A fleet under load and under fire: draws faults, lets them happen, and measures what comes of each."""

import asyncio
import random
import signal
import statistics
import time

from cases import all_cases, slow_case
from crowd import PAUSE, Crowd, expected_answers
from faults import Faults, SmallDisk
from fleet import GATES, Fleet
from gates import Gate
from vitals import Vitals

# How long a stream may stand still before nobody waits for it to go on; the crowd has its own patience.
STILL = 30.0
# How much of all faults happens while nothing else is wrong, so that its effect can be told.
ALONE = 0.5
# How long what was on its way at a fault may still come; a stream that shows something later goes on.
ON_THE_WAY = 1.2


class Run:
    """One run from its first quiet answer to its last quiet minute."""

    def __init__(self, options, plan):
        self.options = options
        self.plan = plan
        self.chance = random.Random(options.seed)
        self.gates = {}
        self.links = []
        self.disks = []
        self.active = {}
        self.events = []
        self.slow = slow_case()
        self.cases = all_cases()
        self.is_stopping = False
        self._watched = set()
        self._failures = []
        self.fleet = self.crowd = self.vitals = None

    # What stands between the processes

    def _gate(self, owner, target, endpoint):
        if not endpoint.startswith("tcp://"):
            return endpoint
        host, port = endpoint.rsplit(":", 1)
        own = self.fleet_base + GATES + len(self.gates)
        pids = (lambda: {node.name: node.pid for node in self.fleet.workers}) if owner is None else None
        self.gates[owner, target] = Gate(target, own, int(port), owner, pids)
        return f"{host}:{own}"

    def _find_links(self):
        for (owner, _), gate in self.gates.items():
            clients = [node for node in self.fleet.nodes if node.name == owner] or self.fleet.workers
            self.links += [(client, gate) for client in clients]

    def _mount_disks(self):
        for number in range(1, self.plan.workers + 1):
            path = self.plan.folder / f"worker-{number}-prefixes"
            self.disks.append(SmallDisk(path, "prefixes", 24))
        self.disks.append(SmallDisk(self.plan.folder / "store", "responses", 16))
        self.plan.worker_words += (
            "--prefix-dir",
            f"{self.plan.folder}/NAME-prefixes",
            "--prefix-disk",
            "12M",
            "--prefix-min-tokens",
            "32",
        )
        self.plan.edge_words += ("--store", f"sqlite://{self.plan.folder}/store/responses.db")

    # The run

    async def go(self):
        self.fleet_base = self.plan.base_port
        self._mount_disks()
        self.fleet = Fleet(self.plan, self._gate)
        self._find_links()
        try:
            for gate in self.gates.values():
                await gate.open()
            await asyncio.to_thread(self.fleet.start)
            await self._run()
        finally:
            self.fleet.close()
            for gate in self.gates.values():
                await gate.close()
            for disk in self.disks:
                disk.close()

    async def _run(self):
        cases = [*self.cases, self.slow]
        expected = await expected_answers(self.fleet, cases)
        self.vitals = Vitals(self.fleet)
        await self.vitals.note_start()
        self.crowd = Crowd(self.fleet, self.cases, expected, self.options.seed, self.say)
        self.crowd.begin(self.options.clients)
        keepers = [asyncio.create_task(work()) for work in (self.vitals.keep, self._keep_watch)]
        began = time.monotonic()
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._stop)
        try:
            await self._happen()
            self.seconds = time.monotonic() - began
            await self.crowd.end()
            self.say("the clients are done; all is quiet")
            least = 3 if self.options.quick else self.options.quiet
            await self.vitals.watch_quiet(least, self.options.quiet, self.crowd.violate)
        finally:
            for task in keepers:
                task.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
        self.vitals.read_logs(self.crowd.violate)

    def _stop(self):
        """The first Ctrl-C ends the faults, the second everything."""
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
        self.is_stopping = True
        self.say("no more faults; what was found follows after the quiet time")

    async def _happen(self):
        drawn = Faults(self, self.chance, [disk for disk in self.disks if disk.is_mounted])
        await asyncio.sleep(2)
        for number in range(1, self.options.events + 1):
            if self.is_stopping:
                break
            is_alone = self.chance.random() < ALONE
            if is_alone:
                await self._settle()
            else:
                await asyncio.sleep(min(self.chance.expovariate(self.options.rate), 5))
                while len(self.active) >= self.options.overlap:
                    await asyncio.sleep(0.05)
            fault = drawn.draw()
            while not self._is_bearable(fault):
                fault = drawn.draw()
            if number % 20 == 0 or self.options.verbose:
                self.say(f"event {number}: {fault.kind} ({fault.detail})")
            task = self.watch(self._perform(fault, is_alone))
            if is_alone:
                await task
        while self._watched:
            await asyncio.gather(*list(self._watched))
        await self._settle()
        for failure in self._failures:
            raise failure

    def _is_bearable(self, fault):
        """Whether somebody is left to do the work, and nobody is hit twice."""
        victims = set().union(*(other.victims for other in self.active.values()))
        if victims & fault.victims:
            return False
        if not fault.victims and any(other.kind == fault.kind for other in self.active):
            return False
        busy = {getattr(other, "client", None) for other in self.active}
        if getattr(fault, "client", None) in busy - {None}:
            return False
        left = set(self.fleet.nodes) - victims - fault.victims
        return all(any(node in left for node in nodes) for nodes in (self.fleet.workers, self.fleet.edges))

    async def _perform(self, fault, is_alone):
        event = {"kind": fault.kind, "detail": fault.detail, "alone": is_alone, "streams": 0}
        self.events.append(event)
        self.active[fault] = fault
        try:
            streams = self._running() if is_alone else []
            fault.began_at = time.monotonic()
            event["at"] = round(time.time(), 3)
            event["streams"] = len(streams)
            if fault.takes_worker():
                # Noticed at once, or after the patience of the fleet.
                self.crowd.worker_losses += [fault.began_at, fault.began_at + 3]
            await fault.begin()
            probe = self._probe(fault, event) if is_alone else None
            recovery = self._recover(streams, fault, event) if is_alone else None
            waits = [asyncio.ensure_future(wait) for wait in (probe, recovery) if wait]
            await asyncio.sleep(fault.seconds)
            await fault.end()
            await asyncio.gather(*waits)
        finally:
            del self.active[fault]

    def _running(self):
        """Those that have just shown something, each with the answer that it has so far."""
        now = time.monotonic()
        streams = [
            request
            for request in self.crowd.running
            if request.is_running and request.case is not self.slow and request.case.is_streamed
        ]
        return [(r, r.answer) for r in streams if now - r.answer.moments[-1] < PAUSE]

    async def _recover(self, streams, fault, event):
        """Notes how long after the fault each running stream went on, of those that paused at all."""
        end = fault.began_at + fault.seconds + STILL
        settled = fault.began_at + ON_THE_WAY
        waiting = list(streams)
        while waiting and time.monotonic() < end:
            waiting = [
                (request, answer)
                for request, answer in waiting
                if not request.is_over and request.answer is answer and answer.moments[-1] < settled
            ]
            await asyncio.sleep(0.02)
        waits = [wait_of(answer.moments, fault.began_at) for request, answer in streams]
        event["waits"] = [round(wait, 3) for wait in waits if wait]
        event["untouched"] = waits.count(None)

    async def _probe(self, fault, event):
        """How long a request takes that comes right after the coordinator has gone."""
        if not any(node.role == "coordinator" for node in fault.victims):
            return
        count = len(self.crowd.starts)
        case = next(case for case in self.cases if "short" in case.name and case.is_streamed)
        await self.crowd.ask(case)
        starts = [first for began, first in self.crowd.starts[count:] if began > fault.began_at]
        if starts:
            event["new_request"] = round(min(starts) - fault.began_at, 3)

    # Waiting

    def watch(self, work):
        task = asyncio.create_task(work)
        self._watched.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task):
        self._watched.discard(task)
        if not task.cancelled() and task.exception():
            self._failures.append(task.exception())

    async def until_back(self, node):
        """Waits until it answers that it is ready; gives up where something else keeps it from that."""
        end = time.monotonic() + 15
        while time.monotonic() < end:
            if not node.is_meant_to_live or await asyncio.to_thread(node.is_ready):
                return
            await asyncio.sleep(0.05)

    async def _settle(self):
        """Waits until nothing is wrong any more and every stream has moved."""
        while self.active:
            await asyncio.sleep(0.02)
        end = time.monotonic() + STILL
        marks = {request: len(request.answer.moments) for request in self.crowd.running}
        while time.monotonic() < end and any(
            request.case.is_streamed
            and request.case is not self.slow
            and not request.is_over
            and len(request.answer.moments) == count
            for request, count in marks.items()
        ):
            await asyncio.sleep(0.02)

    async def _keep_watch(self):
        """Tells of processes that end although nobody ended them."""
        told = set()
        while True:
            for node in self.fleet.nodes:
                life = (node.name, node.lives)
                if node.is_meant_to_live and not node.is_alive and life not in told:
                    await asyncio.sleep(0.05)
                    if not node.is_meant_to_live or node.is_alive:
                        continue
                    told.add(life)
                    code = node.program.process.returncode
                    self.crowd.violate("death", f"{node} ended with {code}: {node.said()[-600:]}")
                    node.deaths.append(time.monotonic())
                    node.start()
            await asyncio.sleep(0.1)

    def say(self, text):
        if not self.options.silent:
            print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)

    # Findings

    def recoveries(self):
        """Seconds until streams went on, or new requests ran, by what had happened while nothing else did."""
        found = {}
        for event in self.events:
            if not event["alone"]:
                continue
            entry = found.setdefault(event["kind"], {"waits": [], "new_requests": [], "untouched": 0})
            entry["waits"] += event.get("waits", [])
            entry["untouched"] += event.get("untouched", 0)
            if "new_request" in event:
                entry["new_requests"].append(event["new_request"])
        return found


def wait_of(moments, since):
    """From a moment to the end of the longest pause that began about then; None if there was none."""
    gaps = [
        (later - sooner, later)
        for sooner, later in zip(moments, moments[1:])
        if later > since and sooner < since + ON_THE_WAY
    ]
    gap, later = max(gaps, default=(0, 0))
    return later - since if gap > PAUSE else None


def quantile(values, share):
    """By nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, int(share * len(ordered) + 0.999999) - 1))]


def summary(values):
    if not values:
        return None
    return {
        "count": len(values),
        "p50": round(statistics.median(values), 2),
        "p99": round(quantile(values, 0.99), 2),
        "max": round(max(values), 2),
    }
