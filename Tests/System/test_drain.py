"""SIGTERM: what runs is finished, nothing else is taken on, and a second one ends it at once."""

import asyncio
import signal
import time
import unittest

from program import HOST, Fleet, Server
from stream import BrokenStream, Stream, chat_body, mixed_bodies, texts

# Seconds of work, so that signals fall into it.
LONG = chat_body(temperature=1.5, seed=11, max_tokens=1000, ignore_eos=True)
CROWD = 8


async def started(port, body, count=CROWD):
    """So many streams that have all shown something."""
    streams = [Stream(port, body) for _ in range(count)]
    running = [asyncio.create_task(stream.run()) for stream in streams]
    for _ in range(6000):
        if all(stream.pieces for stream in streams) or any(task.done() for task in running):
            return streams, running
        await asyncio.sleep(0.005)
    raise AssertionError("the streams do not start")


async def is_refused(port):
    """Whether a newcomer hears 503, or is not heard at all."""
    try:
        await Stream(port, chat_body(max_tokens=1)).run()
    except BrokenStream as error:
        assert " 503 " in str(error), error
        return True
    except OSError:
        return True
    return False


class Leaving(unittest.TestCase):
    """One process that is asked to end."""

    def test_finishes_running_answers_and_takes_no_others(self):
        server = Server()
        self.addCleanup(server.close)
        [expected] = texts(server.port, [LONG], at_once=1)

        async def run():
            streams, running = await started(server.port, LONG)
            kept, kept_writer = await asyncio.open_connection(HOST, server.port)
            server.signal(signal.SIGTERM)
            for _ in range(500):
                if await is_refused(server.port):
                    break
                await asyncio.sleep(0.005)
            else:
                self.fail("a newcomer is still served")
            self.assertFalse(all(task.done() for task in running), "the answers ended too soon to tell")
            await asyncio.gather(*running)
            kept_writer.close()
            return [(stream.text, stream.finish_reason) for stream in streams]

        self.assertEqual(asyncio.run(run()), [expected] * CROWD)
        self.assertEqual(server.wait(), 0)

    def test_ends_at_once_when_asked_twice(self):
        server = Server()
        self.addCleanup(server.close)

        async def run():
            _, running = await started(server.port, LONG)
            server.signal(signal.SIGTERM)
            await asyncio.to_thread(server.until_said, "draining")
            server.signal(signal.SIGTERM)
            asked_at = time.monotonic()
            code = await asyncio.to_thread(server.wait)
            ended_after = time.monotonic() - asked_at
            return code, ended_after, await asyncio.gather(*running, return_exceptions=True)

        code, ended_after, ends = asyncio.run(run())
        print(f"ended after {ended_after:.2f} s; ", end="")
        self.assertEqual(code, 0)
        self.assertTrue(any(isinstance(end, Exception) for end in ends), "the answers ended too soon to tell")

    def test_ends_when_idle(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            server = Server()
            self.addCleanup(server.close)
            server.signal(number)
            self.assertEqual(server.wait(10), 0)

    def test_keeps_to_its_grace(self):
        server = Server("--grace", 1)
        self.addCleanup(server.close)

        async def run():
            _, running = await started(server.port, LONG, count=40)
            server.signal(signal.SIGTERM)
            code = await asyncio.to_thread(server.wait, 20)
            return code, await asyncio.gather(*running, return_exceptions=True)

        code, ends = asyncio.run(run())
        self.assertEqual(code, 0)
        self.assertTrue(any(isinstance(end, Exception) for end in ends), "the answers ended too soon to tell")


class LeavingAFleet(unittest.TestCase):
    """One role among others that is asked to end."""

    def fleet(self, **options):
        fleet = Fleet("ipc", workers=2, **options)
        self.addCleanup(fleet.close)
        return fleet

    def test_a_workers_streams_go_on_elsewhere(self):
        bodies = mixed_bodies(CROWD, max_tokens=500)
        for grace in (30, 0.1):
            with self.subTest(grace=grace):
                fleet = self.fleet(worker_words=("--grace", grace))
                expected = texts(fleet.port, bodies, at_once=CROWD)

                async def run():
                    streams = [Stream(fleet.port, body) for body in bodies]
                    running = [asyncio.create_task(stream.run()) for stream in streams]
                    while not all(len(stream.pieces) > 5 for stream in streams):
                        await asyncio.sleep(0.005)
                    fleet.workers[0].signal(signal.SIGTERM)
                    await asyncio.wait_for(asyncio.gather(*running), 120)
                    return [(stream.text, stream.finish_reason) for stream in streams]

                self.assertEqual(asyncio.run(run()), expected)
                self.assertEqual(fleet.workers[0].wait(), 0)
                self.assertTrue(fleet.workers[1].is_alive)

    def test_an_edge_finishes_its_answers(self):
        fleet = self.fleet()
        [expected] = texts(fleet.port, [LONG], at_once=1)

        async def run():
            streams, running = await started(fleet.port, LONG, count=4)
            fleet.edge.signal(signal.SIGTERM)
            await asyncio.gather(*running)
            return [(stream.text, stream.finish_reason) for stream in streams]

        self.assertEqual(asyncio.run(run()), [expected] * 4)
        self.assertEqual(fleet.edge.wait(), 0)

    def test_an_edge_finishes_the_answers_of_all_its_loops(self):
        # They fall on loops at random and end one after the other, so that the first loop is idle early.
        fleet = self.fleet(edge_words=("--loops", 8, "--drain-delay", 0))
        bodies = [{**LONG, "max_tokens": count} for count in range(200, 1800, 200)]
        expected = texts(fleet.port, bodies, at_once=CROWD)

        async def run():
            streams = [Stream(fleet.port, body) for body in bodies]
            running = [asyncio.create_task(stream.run()) for stream in streams]
            while not all(stream.pieces for stream in streams):
                await asyncio.sleep(0.005)
            fleet.edge.signal(signal.SIGTERM)
            await asyncio.to_thread(fleet.edge.until_said, "draining")
            refused = 0
            for _ in range(500):
                refused = refused + 1 if await is_refused(fleet.port) else 0
                if refused == 2 * CROWD:
                    break
            else:
                self.fail("a newcomer is still served")
            await asyncio.gather(*running)
            return [(stream.text, stream.finish_reason) for stream in streams]

        self.assertEqual(asyncio.run(run()), expected)
        self.assertEqual(fleet.edge.wait(), 0)

    def test_an_edge_serves_on_until_a_balancer_has_seen_it_leave(self):
        fleet = self.fleet(edge_words=("--drain-delay", 3))
        self.assertEqual(fleet.ask("GET", "/readyz")[0], 200)
        fleet.edge.signal(signal.SIGTERM)
        asked_at = time.monotonic()
        fleet.edge.until_said("draining")
        served = 0
        while time.monotonic() - asked_at < 2:
            self.assertEqual(fleet.ask("GET", "/readyz")[0], 503)
            status, headers, _ = fleet.ask("GET", "/livez")
            self.assertEqual((status, headers["connection"]), (200, "close"))
            fleet.chat(messages=[{"role": "user", "content": "hello"}], max_tokens=3)
            served += 1
        self.assertGreater(served, 0)
        self.assertEqual(fleet.edge.wait(10), 0)
        self.assertLess(time.monotonic() - asked_at, 6)

    def test_a_coordinator_ends_at_once(self):
        fleet = self.fleet()
        fleet.coordinator.signal(signal.SIGTERM)
        self.assertEqual(fleet.coordinator.wait(5), 0)
