"""What a coordinator and an edge leave behind when they are killed; `test_chaos.py` has everything else."""

import asyncio
import time
import unittest

from program import Fleet, until
from stream import Stream, chat_body, mixed_bodies, texts

LOAD = 12


class Deaths(unittest.TestCase):
    """A fleet that loses the process there is only one of, or the one that owns its clients."""

    def fleet(self, workers):
        fleet = Fleet("ipc", workers=workers)
        self.addCleanup(fleet.close)
        return fleet

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

    def test_an_edge_killed_with_its_streams_leaves_no_work_behind(self):
        fleet = self.fleet(1)
        bodies = mixed_bodies(4, max_tokens=600)
        expected = texts(fleet.port, bodies, at_once=4)

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
        self.assertEqual(texts(fleet.port, bodies, at_once=4), expected)
