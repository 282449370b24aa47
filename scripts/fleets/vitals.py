"""Memory, descriptors and figures of every process: while it is busy, and when it should be at rest."""

import asyncio
import collections
import http.client
import re
import time

MEGABYTE = 1 << 20
# Of what has to be nothing at a fleet that nobody asks anything.
JOBS = (
    "millrace_edge_jobs",
    "millrace_tenant_jobs",
    "millrace_leased_jobs",
    "millrace_lane_waiting_jobs",
    "millrace_worker_jobs",
)
# What memory may grow by in a quiet minute, and descriptors over a run.
GROWTH = 4 * MEGABYTE
DESCRIPTORS = 8
# What a process says only when it breaks.
LAST_WORDS = re.compile(r"Fatal error|Precondition failed|Assertion|terminate called|Segmentation|!_io_error")


class Vitals:
    """Watches the processes of a fleet, each life of each by itself."""

    PERIOD = 2.0

    def __init__(self, fleet):
        self.fleet = fleet
        # (name, life) → name of a counter → its last value
        self.counters = {}
        self.at_start = {}
        self.peaks = collections.defaultdict(lambda: [0, 0])
        self.quiet = {}
        self.complaints = collections.Counter()

    async def note_start(self):
        for node in self.fleet.nodes:
            self.at_start[node.name] = self._facts(node)

    async def keep(self):
        while True:
            await self.sample()
            await asyncio.sleep(self.PERIOD)

    async def sample(self):
        for node in self.fleet.nodes:
            facts = self._facts(node)
            if not facts:
                continue
            peak = self.peaks[node.role]
            self.peaks[node.role] = [max(pair) for pair in zip(peak, facts)]
            figures = await self.figures(node)
            counted = {name: value for name, value in figures.items() if "_total" in name}
            if counted:
                self.counters[node.name, node.lives] = counted

    def _facts(self, node):
        """Bytes of memory and number of descriptors; None where there is no process."""
        try:
            return node.program.resident_bytes(), node.program.descriptor_count()
        except (OSError, AssertionError):
            return None

    async def figures(self, node):
        try:
            return await asyncio.to_thread(node.metrics, 1)
        except (OSError, ValueError, http.client.HTTPException):
            return {}

    def total(self, name):
        """Over all lives of all processes, whatever the labels."""
        return sum(
            value
            for counted in self.counters.values()
            for label, value in counted.items()
            if label.split("{")[0] == name
        )

    async def watch_quiet(self, least, most, violate):
        """A quiet time in which everybody becomes idle, and in which nothing grows, in seconds."""
        began = time.monotonic()
        end = began + most
        busy = await self._busy()
        while busy and time.monotonic() < end:
            await asyncio.sleep(0.5)
            busy = await self._busy()
        idle = time.monotonic() - began
        self.quiet["seconds_until_idle"] = round(idle, 1)
        before = {node: self._facts(node) for node in self.fleet.nodes}
        await asyncio.sleep(max(3.0, least - idle))
        for what in await self._busy():
            violate("stuck", f"after {time.monotonic() - began:.0f} quiet seconds {what}")
        for node in self.fleet.nodes:
            await self._check_growth(node, before[node], violate)
        await self.sample()

    async def _busy(self):
        """What still has something to do, in words."""
        found = []
        for node in self.fleet.nodes:
            figures = await self.figures(node)
            if not figures:
                found.append(f"{node} does not answer")
            for name, value in figures.items():
                if name.split("{")[0] in JOBS and value:
                    found.append(f"{node} has {name} {value:.0f}")
        figures = await self.figures(self.fleet.coordinator)
        for role, nodes in (("workers", self.fleet.workers), ("edges", self.fleet.edges)):
            count = figures.get(f"millrace_{role}")
            if count != len(nodes):
                found.append(f"the coordinator knows {count} {role}")
        return found

    async def _check_growth(self, node, before, violate):
        after, start = self._facts(node), self.at_start[node.name]
        if not (before and after and start):
            return violate("death", f"{node} is gone in the quiet time")
        self.quiet[node.name] = {
            "memory_start": start[0],
            "memory_before": before[0],
            "memory_after": after[0],
            "descriptors_start": start[1],
            "descriptors_after": after[1],
        }
        if after[0] > before[0] + GROWTH:
            violate("growth", f"{node}: memory from {before[0]} to {after[0]} bytes while all is quiet")
        if after[1] > start[1] + DESCRIPTORS:
            violate("growth", f"{node}: {after[1]} descriptors at rest, {start[1]} at the start")

    def read_logs(self, violate):
        for node in self.fleet.nodes:
            for line in node.said().splitlines():
                if LAST_WORDS.search(line):
                    violate("death", f"{node} said: {line[:300]}")
                elif " error " in line.lower()[:60]:
                    self.complaints[re.sub(r"\d+", "N", line.split("] ")[-1])[:100]] += 1
