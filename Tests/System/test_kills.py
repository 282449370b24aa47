"""Whichever process dies, no token of a running answer is lost, repeated or changed.

The number of kills is MILLRACE_KILLS (15), the seed MILLRACE_SEED (1).
"""

import asyncio
import os
import random
import signal
import statistics
import time
import unittest

from program import Fleet, Server, until
from stream import Stream, chat_body, mixed_bodies, texts

KILLS = int(os.environ.get("MILLRACE_KILLS", "15"))
SEED = int(os.environ.get("MILLRACE_SEED", "1"))
LOAD = 12
BODIES = mixed_bodies(LOAD, max_tokens=600)


def seconds(pauses):
    if not pauses:
        return "none was affected"
    ordered = sorted(pauses)
    return f"{len(ordered)} pauses: median {statistics.median(ordered):.2f} s, longest {ordered[-1]:.2f} s"


class Load:
    """Answers asked for again and again, each compared with what it must be."""

    def __init__(self, port, expected):
        self.port = port
        self.expected = expected
        self.running = {}
        self.ended = 0
        self.wrong = []
        self.is_over = False

    async def keep(self, index):
        while not self.is_over:
            stream = self.running[index] = Stream(self.port, BODIES[index])
            try:
                await stream.run()
                if (stream.text, stream.finish_reason) != self.expected[index]:
                    self.wrong.append(f"stream {index}: {difference(stream.text, self.expected[index][0])}")
            except Exception as error:
                self.wrong.append(f"stream {index}: {type(error).__name__} {error}")
            self.ended += 1

    def shown(self):
        """How many pieces each running stream has shown."""
        return {stream: len(stream.pieces) for stream in self.running.values()}

    async def until_shown(self, pieces):
        """Every place has shown so many pieces since now, so that a kill falls into running answers."""
        before = {index: (stream, len(stream.pieces)) for index, stream in self.running.items()}
        for _ in range(3000):
            if len(self.running) == LOAD and all(
                stream is not self.running[index]
                or len(stream.pieces) >= count + pieces
                or stream.finish_reason
                for index, (stream, count) in before.items()
            ):
                return
            await asyncio.sleep(0.01)
        self.wrong.append("the answers stand still for 30 s")


def difference(text, expected):
    same = next((i for i, (a, b) in enumerate(zip(text, expected)) if a != b), min(len(text), len(expected)))
    return (
        f"at character {same} {text[same - 20 : same + 40]!r} in place of {expected[same - 20 : same + 40]!r}"
    )


def pauses(shown, killed_at):
    """From the kill to the next piece, of the streams that paused for longer than steps take."""
    waits = []
    for stream, count in shown.items():
        later = [moment for moment, _ in stream.pieces[count:] if moment > killed_at]
        if later and later[0] - killed_at > 0.2:
            waits.append(later[0] - killed_at)
    return waits


class Deaths(unittest.TestCase):
    """A fleet whose processes are killed under load."""

    @classmethod
    def setUpClass(cls):
        server = Server()
        cls.expected = texts(server.port, BODIES, at_once=4)
        server.close()

    def fleet(self, workers):
        fleet = Fleet("ipc", workers=workers)
        self.addCleanup(fleet.close)
        return fleet

    def under_load(self, fleet, disturb):
        """Runs `disturb` while the answers go on; all of them must be right."""
        load = Load(fleet.port, self.expected)

        async def run():
            keepers = [asyncio.create_task(load.keep(index)) for index in range(LOAD)]
            try:
                await load.until_shown(5)
                return await disturb(load)
            finally:
                load.is_over = True
                await asyncio.wait_for(asyncio.gather(*keepers), 120)

        result = asyncio.run(run())
        if load.wrong:
            print(*fleet.programs, sep="\n")
        self.assertEqual(load.wrong, [], f"seed {SEED}: {len(load.wrong)} of {load.ended} answers are wrong")
        return result, load.ended

    def test_workers_killed_at_random(self):
        fleet = self.fleet(3)
        chance = random.Random(SEED)
        waits = []

        async def kill_and_restart(load):
            for _ in range(KILLS):
                index = chance.randrange(3)
                await asyncio.sleep(chance.uniform(0, 0.1))
                joined = fleet.joined_count("worker")
                shown, killed_at = load.shown(), time.monotonic()
                fleet.workers[index].kill()
                await load.until_shown(5)
                waits.extend(pauses(shown, killed_at))
                fleet.restart_worker(index)
                await asyncio.to_thread(until, lambda: fleet.joined_count("worker") > joined, "it joins")
                if load.wrong:
                    return

        _, ended = self.under_load(fleet, kill_and_restart)
        print(f"{KILLS} kills, {ended} answers exact; {seconds(waits)}; ", end="")
        self.assertTrue(waits, "no kill fell into a running answer")
        self.assertLess(max(waits), 6)

    def test_a_coordinator_killed_in_mid_stream(self):
        fleet = self.fleet(2)
        bodies = mixed_bodies(LOAD, max_tokens=700)
        expected = texts(fleet.port, bodies, at_once=LOAD)
        late = mixed_bodies(4, max_tokens=60)
        expected_late = texts(fleet.port, late, at_once=4)

        async def run():
            streams = [Stream(fleet.port, body) for body in bodies]
            running = [asyncio.create_task(stream.run()) for stream in streams]
            while not all(len(stream.pieces) >= 20 for stream in streams):
                await asyncio.sleep(0.005)
            fleet.coordinator.kill()
            killed_at = time.monotonic()
            self.assertFalse(any(task.done() for task in running), "an answer ended before the kill")
            after = [Stream(fleet.port, body) for body in late]
            waiting = [asyncio.create_task(stream.run()) for stream in after]
            await asyncio.wait_for(asyncio.gather(*running), 60)
            self.assertFalse(any(stream.text for stream in after), "a request ran without a coordinator")
            self.assertFalse(any(task.done() for task in waiting), "a request did not wait")
            started_at = time.monotonic()
            fleet.programs.remove(fleet.coordinator)
            fleet.coordinator = fleet.start_coordinator()
            await asyncio.wait_for(asyncio.gather(*waiting), 60)
            return streams, after, killed_at, started_at

        streams, after, killed_at, started_at = asyncio.run(run())
        self.assertEqual([(s.text, s.finish_reason) for s in streams], expected)
        self.assertEqual([(s.text, s.finish_reason) for s in after], expected_late)
        waited = max(stream.pieces[0][0] for stream in after) - started_at
        gaps = [
            later - sooner
            for stream in streams
            for (sooner, _), (later, _) in zip(stream.pieces, stream.pieces[1:])
            if later > killed_at
        ]
        print(f"longest gap {max(gaps):.2f} s, waiting requests ran {waited:.2f} s after restart; ", end="")
        self.assertLess(waited, 10)

    def test_a_worker_that_stands_still(self):
        fleet = self.fleet(2)

        async def stop_and_go_on(load):
            shown, stopped_at = load.shown(), time.monotonic()
            fleet.workers[0].signal(signal.SIGSTOP)
            await asyncio.sleep(5)
            fleet.workers[0].signal(signal.SIGCONT)
            await load.until_shown(20)
            await load.until_shown(20)
            return pauses(shown, stopped_at)

        waits, ended = self.under_load(fleet, stop_and_go_on)
        print(f"{ended} answers exact; {seconds(waits)}; ", end="")
        self.assertTrue(waits, "no stream was on the worker that stood still")
        self.assertLess(max(waits), 6)

    def test_an_edge_killed_with_its_streams_leaves_no_work_behind(self):
        fleet = self.fleet(1)

        async def cut():
            streams = [Stream(fleet.port, chat_body(max_tokens=1900, ignore_eos=True)) for _ in range(4)]
            running = [asyncio.create_task(stream.run()) for stream in streams]
            # Not all: on a busy machine the first could have ended by the time the last begins.
            while not any(stream.pieces for stream in streams):
                await asyncio.sleep(0.005)
            fleet.edge.kill()
            return await asyncio.gather(*running, return_exceptions=True)

        ends = asyncio.run(cut())
        self.assertTrue(all(isinstance(end, Exception) for end in ends), ends)
        fleet.programs.remove(fleet.edge)
        fleet.start_edge()
        until(fleet.is_ready, "another edge is ready")
        self.assertEqual(texts(fleet.port, BODIES[:4], at_once=4), self.expected[:4])
