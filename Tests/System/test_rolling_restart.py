"""Every process of a fleet is asked to end and replaced, one after the other, under load."""

import asyncio
import signal
import time
import unittest

from program import Server, until
from stream import Stream, mixed_bodies, texts
from wide_fleet import WideFleet

CROWD = 8
BODIES = mixed_bodies(CROWD, max_tokens=300)


class Load:
    """Clients that ask again and again, and go to the other edge where nobody takes their connection."""

    def __init__(self, fleet, expected):
        self.fleet = fleet
        self.expected = expected
        self.ended = 0
        self.redialed = 0
        self.wrong = []
        self.is_over = False

    async def keep(self, index):
        turn = index
        while not self.is_over:
            stream = Stream(self.fleet.edges[turn % 2].port, BODIES[index])
            turn += 1
            try:
                await stream.run()
                if (stream.text, stream.finish_reason) != self.expected[index]:
                    self.wrong.append(f"stream {index}: another text")
            except ConnectionRefusedError:
                self.redialed += 1
                await asyncio.sleep(0.05)
                continue
            except Exception as error:
                behind = stream.text[-40:]
                self.wrong.append(f"stream {index}: {type(error).__name__} {error} behind {behind!r}")
            self.ended += 1

    async def until_ended(self, count):
        """So many more answers have ended."""
        before = self.ended
        for _ in range(6000):
            if self.ended >= before + count:
                return
            await asyncio.sleep(0.01)
        self.wrong.append("the answers stand still for 60 s")


class AnEdge(unittest.TestCase):
    def test_that_has_just_started_turns_nobody_away(self):
        fleet = WideFleet("ipc", workers=1)
        self.addCleanup(fleet.close)
        edge = fleet.edges[0]

        async def first_answer():
            while True:
                stream = Stream(edge.port, mixed_bodies(1, max_tokens=20)[0])
                try:
                    await stream.run()
                    return stream.finish_reason
                except ConnectionRefusedError:
                    await asyncio.sleep(0.001)

        for _ in range(5):
            edge.program.kill()
            fleet.replace(edge.program, edge.start)
            self.assertEqual(asyncio.run(asyncio.wait_for(first_answer(), 30)), "length")


class AFleet(unittest.TestCase):
    def test_is_replaced_process_by_process_without_a_failed_request(self):
        server = Server()
        expected = texts(server.port, BODIES, at_once=4)
        server.close()
        fleet = WideFleet("ipc", workers=3, worker_words=("--grace", 2), edge_words=("--drain-delay", 1))
        self.addCleanup(fleet.close)
        load = Load(fleet, expected)

        def end(program):
            program.signal(signal.SIGTERM)
            self.assertEqual(program.wait(40), 0, program)

        def replace_edge(edge):
            end(edge.program)
            fleet.replace(edge.program, edge.start)
            until(edge.is_ready, "the edge is ready again")

        def replace_worker(index):
            joined = fleet.joined_count("worker")
            end(fleet.workers[index])
            fleet.restart_worker(index)
            until(lambda: fleet.joined_count("worker") > joined, "the worker has joined")

        def replace_coordinator():
            end(fleet.coordinator)
            fleet.replace(fleet.coordinator, fleet.start_coordinator)
            fleet.until_home()

        def replace_standby():
            end(fleet.standby)
            fleet.replace(fleet.standby, fleet.start_standby)

        async def run():
            keepers = [asyncio.create_task(load.keep(index)) for index in range(CROWD)]
            began = time.monotonic()
            try:
                await load.until_ended(4)
                for edge in fleet.edges:
                    await asyncio.to_thread(replace_edge, edge)
                    await load.until_ended(4)
                for index in range(3):
                    await asyncio.to_thread(replace_worker, index)
                    await load.until_ended(4)
                for replace in (replace_coordinator, replace_standby, replace_coordinator):
                    await asyncio.to_thread(replace)
                    await load.until_ended(4)
            finally:
                load.is_over = True
                await asyncio.wait_for(asyncio.gather(*keepers), 120)
            return time.monotonic() - began

        took = asyncio.run(run())
        if load.wrong:
            print(*fleet.programs, sep="\n")
        self.assertEqual(load.wrong, [], f"{len(load.wrong)} of {load.ended} answers are wrong")
        print(f"8 restarts in {took:.0f} s, {load.ended} answers exact, {load.redialed} redialed; ", end="")
