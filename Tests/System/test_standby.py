"""A coordinator dies, and another takes its place; running answers do not notice."""

import asyncio
import signal
import time
import unittest

from program import Server, until
from stream import Stream, mixed_bodies, texts
from wide_fleet import WideFleet

CROWD = 8
BODIES = mixed_bodies(CROWD, max_tokens=700)
LATE = mixed_bodies(4, max_tokens=60)


class ASecondCoordinator(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        server = Server()
        cls.expected = texts(server.port, BODIES, at_once=4)
        cls.expected_late = texts(server.port, LATE, at_once=4)
        server.close()

    def fleet(self, transport="ipc", **options):
        fleet = WideFleet(transport, workers=2, **options)
        self.addCleanup(fleet.close)
        return fleet

    def ask_through(self, fleet, end_first):
        """Requests that run while the first coordinator ends, and some that come after; all must be right.

        Returns how long the late ones waited, and the longest gap of a running one.
        """

        async def run():
            streams = [Stream(fleet.edges[index % 2].port, body) for index, body in enumerate(BODIES)]
            running = [asyncio.create_task(stream.run()) for stream in streams]
            while not all(len(stream.pieces) >= 10 for stream in streams):
                await asyncio.sleep(0.005)
            end_first()
            ended_at = time.monotonic()
            self.assertFalse(any(task.done() for task in running), "an answer ended too soon to tell")
            after = [Stream(fleet.edges[index % 2].port, body) for index, body in enumerate(LATE)]
            waiting = [asyncio.create_task(stream.run()) for stream in after]
            await asyncio.wait_for(asyncio.gather(*running, *waiting), 60)
            gaps = [
                later - sooner
                for stream in streams
                for (sooner, _), (later, _) in zip(stream.pieces, stream.pieces[1:])
                if later > ended_at
            ]
            waited = max(stream.pieces[0][0] for stream in after) - ended_at
            told = [[(s.text, s.finish_reason) for s in group] for group in (streams, after)]
            return waited, max(gaps), told

        waited, gap, told = asyncio.run(run())
        self.assertEqual(told, [self.expected, self.expected_late])
        print(f"late requests ran after {waited:.2f} s, longest gap {gap:.2f} s; ", end="")
        return waited, gap

    def test_takes_over_from_one_that_was_killed_and_gives_back(self):
        fleet = self.fleet()
        waited, gap = self.ask_through(fleet, fleet.coordinator.kill)
        self.assertLess(waited, 8)
        self.assertLess(gap, 1)
        self.assertIn("taking over", fleet.standby.said())
        fleet.replace(fleet.coordinator, fleet.start_coordinator)
        fleet.standby.until_said("stepping down")
        fleet.until_home()
        told = texts(fleet.edges[1].port, LATE, at_once=4)
        self.assertEqual(told, self.expected_late)

    def test_takes_over_where_links_are_locked(self):
        fleet = self.fleet("tcp", locked=True)
        waited, gap = self.ask_through(fleet, fleet.coordinator.kill)
        self.assertLess(waited, 8)
        self.assertLess(gap, 1)
        fleet.replace(fleet.coordinator, fleet.start_coordinator)
        fleet.standby.until_said("stepping down")
        fleet.until_home()
        self.assertEqual(texts(fleet.edges[1].port, LATE, at_once=4), self.expected_late)

    def test_finds_the_key_of_each_of_two_whatever_their_order_in_the_list(self):
        fleet = self.fleet("tcp", locked=True)
        lines = fleet.keys.roster.read_text().splitlines(keepends=True)
        fleet.keys.write("".join(reversed(lines)))
        for worker in list(fleet.workers):
            worker.kill()
            fleet.workers.remove(worker)
            fleet.programs.remove(worker)
        fleet.workers = [fleet.start_worker()]
        waited, _ = self.ask_through(fleet, fleet.coordinator.kill)
        self.assertLess(waited, 8)

    def test_takes_over_at_once_from_one_that_leaves(self):
        fleet = self.fleet()
        waited, gap = self.ask_through(fleet, lambda: fleet.coordinator.signal(signal.SIGTERM))
        self.assertEqual(fleet.coordinator.wait(5), 0)
        self.assertLess(waited, 3)
        self.assertLess(gap, 1)

    def test_takes_over_from_one_that_stands_still(self):
        fleet = self.fleet()
        waited, _ = self.ask_through(fleet, lambda: fleet.coordinator.signal(signal.SIGSTOP))
        self.assertLess(waited, 8)
        fleet.coordinator.signal(signal.SIGCONT)
        fleet.standby.until_said("stepping down")
        until(fleet.is_ready, "the edges are ready")
        self.assertEqual(texts(fleet.edges[0].port, LATE, at_once=4), self.expected_late)

    def test_leaves_the_serving_to_the_first_while_that_is_there(self):
        fleet = self.fleet()
        fleet.standby.kill()
        self.assertEqual(texts(fleet.edges[0].port, LATE, at_once=4), self.expected_late)
        fleet.replace(fleet.standby, fleet.start_standby)
        time.sleep(4)
        self.assertEqual(texts(fleet.edges[1].port, LATE, at_once=4), self.expected_late)
        self.assertNotIn("taking over", fleet.standby.said())
