"""An edge dies; its clients go on with their streams at another one, and miss nothing."""

import asyncio
import json
import signal
import time
import unittest

from program import HOST, Server, until
from stream import BrokenStream, Stream, mixed_bodies, texts
from wide_fleet import WideFleet

CROWD = 8
BODIES = mixed_bodies(CROWD, max_tokens=600)
ASKED = ("x-millrace-resumable: true",)


class ResumableStream(Stream):
    """A stream that remembers its last event, and can be gone on with at another port."""

    def __init__(self, port, body, headers=ASKED):
        super().__init__(port, body, headers=headers)
        self.last = None
        self.resumed_after = []

    async def _lines(self):
        async for line in super()._lines():
            if line.startswith(b"id: "):
                self.last = line[4:].decode()
            yield line

    async def go_on(self, port, headers=(), query=False):
        """The rest, from behind the last event."""
        began = time.monotonic()
        count = len(self.pieces)
        stream = self.last.partition(".")[0]
        self._reader, self._writer = await asyncio.open_connection(HOST, port)
        path = f"/v1/streams/{stream}" + (f"?after={self.last}" if query else "")
        more = headers if query else (*headers, f"Last-Event-ID: {self.last}")
        head = [f"GET {path} HTTP/1.1", "Host: millrace", *more]
        self._writer.write("\r\n".join(head).encode() + b"\r\n\r\n")
        try:
            status = await self._reader.readline()
            fields = {}
            while line := (await self._reader.readline()).strip():
                name, _, value = line.partition(b":")
                fields[name.lower()] = value.strip()
            if b" 200 " not in status:
                text = await self._reader.read(int(fields.get(b"content-length", b"0")))
                raise BrokenStream(f"{status!r}: {text!r}")
            async for line in self._lines():
                if line == b"data: [DONE]":
                    return self
                if line.startswith(b"data: "):
                    self._take(json.loads(line[6:]))
                    if len(self.pieces) > count:
                        self.resumed_after.append(time.monotonic() - began)
                        count = 10**9
            raise BrokenStream(f"the answer ends early after {self.text[-80:]!r}")
        finally:
            self.close()


class Resuming(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        server = Server()
        cls.expected = texts(server.port, BODIES, at_once=4)
        server.close()

    def fleet(self, **options):
        fleet = WideFleet("ipc", workers=2, **options)
        self.addCleanup(fleet.close)
        return fleet

    async def started(self, port, pieces=15):
        streams = [ResumableStream(port, body) for body in BODIES]
        running = [asyncio.create_task(stream.run()) for stream in streams]
        while not all(len(stream.pieces) >= pieces for stream in streams):
            assert not any(task.done() for task in running), "an answer ended too soon to tell"
            await asyncio.sleep(0.002)
        return streams, running

    def check(self, streams):
        self.assertEqual([(stream.text, stream.finish_reason) for stream in streams], self.expected)
        waits = [wait for stream in streams for wait in stream.resumed_after]
        print(f"{len(waits)} resumed, longest {max(waits, default=0):.2f} s; ", end="")
        self.assertTrue(waits)
        self.assertLess(max(waits), 2)

    def test_at_another_edge_when_theirs_is_killed(self):
        fleet = self.fleet()

        async def run():
            streams, running = await self.started(fleet.edges[0].port)
            fleet.edges[0].program.kill()
            ends = await asyncio.gather(*running, return_exceptions=True)
            self.assertTrue(all(isinstance(end, Exception) for end in ends), ends)
            jobs = [s.go_on(fleet.edges[1].port, query=index % 2) for index, s in enumerate(streams)]
            await asyncio.wait_for(asyncio.gather(*jobs), 60)
            return streams

        self.check(asyncio.run(run()))

    def test_at_the_same_edge_in_its_next_life(self):
        fleet = self.fleet()

        async def run():
            streams, running = await self.started(fleet.edges[0].port)
            edge = fleet.edges[0]
            edge.program.kill()
            await asyncio.gather(*running, return_exceptions=True)
            fleet.replace(edge.program, edge.start)
            while not await asyncio.to_thread(edge.is_ready):
                await asyncio.sleep(0.02)
            await asyncio.wait_for(asyncio.gather(*(s.go_on(edge.port) for s in streams)), 60)
            return streams

        self.check(asyncio.run(run()))

    def test_when_only_the_connection_is_lost(self):
        fleet = self.fleet()

        async def run():
            streams, running = await self.started(fleet.edges[0].port)
            for stream in streams:
                stream.close()
            await asyncio.gather(*running, return_exceptions=True)
            # Half of them where they were, the others elsewhere, though their edge lives.
            jobs = [s.go_on(fleet.edges[index % 2].port) for index, s in enumerate(streams)]
            await asyncio.wait_for(asyncio.gather(*jobs), 60)
            return streams

        self.check(asyncio.run(run()))

    def test_again_and_again_while_workers_die_too(self):
        fleet = self.fleet()

        async def run():
            streams, running = await self.started(fleet.edges[0].port, pieces=5)
            for turn in range(1, 4):
                for stream in streams:
                    stream.close()
                await asyncio.gather(*running, return_exceptions=True)
                if turn == 2:
                    fleet.workers[0].kill()
                open_ones = [s for s in streams if s.finish_reason is None]
                counts = {s: len(s.pieces) for s in open_ones}
                running = [asyncio.create_task(s.go_on(fleet.edges[turn % 2].port)) for s in open_ones]
                while turn < 3 and not all(
                    len(s.pieces) >= counts[s] + 5 or task.done() for s, task in zip(open_ones, running)
                ):
                    await asyncio.sleep(0.002)
            await asyncio.wait_for(asyncio.gather(*running), 60)
            return streams

        streams = asyncio.run(run())
        self.assertEqual([(stream.text, stream.finish_reason) for stream in streams], self.expected)

    def test_an_edge_and_its_worker_together_are_an_error_that_says_so(self):
        fleet = WideFleet("ipc", workers=1)
        self.addCleanup(fleet.close)

        async def run():
            streams, running = await self.started(fleet.edges[0].port)
            fleet.edges[0].program.kill()
            fleet.workers[0].kill()
            await asyncio.gather(*running, return_exceptions=True)
            return await asyncio.gather(
                *(s.go_on(fleet.edges[1].port) for s in streams), return_exceptions=True
            )

        for end in asyncio.run(run()):
            self.assertIn("stream_lost", str(end))

    def test_a_stream_that_nobody_has_is_refused_as_soon_as_all_have_said_so(self):
        fleet = self.fleet()

        def refusal_time():
            began = time.monotonic()
            status, _, reply = fleet.edges[0].ask("GET", f"/v1/streams/{1:032x}")
            self.assertEqual((status, json.loads(reply)["error"]["code"]), (404, "stream_lost"))
            return time.monotonic() - began

        # A coordinator that has just begun gives everybody the time to come.
        until(lambda: refusal_time() < 0.5, "the answer comes at once")
        fleet.workers[0].signal(signal.SIGSTOP)
        waited = refusal_time()
        fleet.workers[0].signal(signal.SIGCONT)
        print(f"{waited:.1f} s with one that is silent; ", end="")
        self.assertLess(waited, 5)

    def test_nobody_else_finds_a_stream(self):
        fleet = self.fleet()
        key = ("authorization: Bearer mine",)

        async def run():
            stream = ResumableStream(fleet.edges[0].port, BODIES[0], headers=(*ASKED, *key))
            running = asyncio.create_task(stream.run())
            while len(stream.pieces) < 10:
                await asyncio.sleep(0.002)
            stream.close()
            await asyncio.gather(running, return_exceptions=True)
            for edge in fleet.edges:
                for headers in ((), ("authorization: Bearer theirs",)):
                    with self.assertRaises(BrokenStream) as caught:
                        await stream.go_on(edge.port, headers=headers)
                    self.assertIn("stream_lost", str(caught.exception))
            await stream.go_on(fleet.edges[1].port, headers=key)
            return stream

        stream = asyncio.run(run())
        self.assertEqual((stream.text, stream.finish_reason), self.expected[0])

    def test_a_grace_that_ends_leaves_the_streams_to_others(self):
        fleet = self.fleet(edge_words=("--grace", 0.02, "--drain-delay", 0))

        async def run():
            streams, running = await self.started(fleet.edges[0].port)
            fleet.edges[0].program.signal(signal.SIGTERM)
            await asyncio.gather(*running, return_exceptions=True)
            left = [s for s in streams if s.finish_reason is None]
            await asyncio.wait_for(asyncio.gather(*(s.go_on(fleet.edges[1].port) for s in left)), 60)
            return streams

        self.check(asyncio.run(run()))
