"""Nothing that a client or a peer sends ends a process, or disturbs who behaves.

The seed is MILLRACE_SEED (1).
"""

import asyncio
import collections
import json
import os
import random
import socket
import struct
import threading
import unittest

import zmq

from program import HOST, ROOT, Fleet, Server, until
from stream import chat_body, mixed_bodies, texts

SEED = int(os.environ.get("MILLRACE_SEED", "1"))
REQUESTS = 1000
FRAMES = 10_000
# The 16th malformed frame within a minute makes a peer unheard, and so uncounted.
FRAMES_PER_PEER = 15
GOLDEN = ROOT / "Tests" / "WireTests" / "Golden"
# How a frame of the type `error` begins.
ERROR_FRAME = b"MR\x01\x07"


class Bystander:
    """A client that behaves, in a thread of its own; what it is told must be right all the time."""

    def __init__(self, port):
        self.port = port
        self.bodies = mixed_bodies(6, max_tokens=40)
        self.expected = texts(port, self.bodies, at_once=6)
        self.rounds = 0
        self.wrong = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def _ask(self):
        while not self._is_over.is_set():
            try:
                got = texts(self.port, self.bodies, at_once=6)
                if got != self.expected:
                    self.wrong.append(got)
            except Exception as error:
                self.wrong.append(repr(error))
            self.rounds += 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        self._thread.join()


def mutated(chance, valid):
    """Some bytes changed, removed, doubled or added."""
    data = bytearray(valid)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data) + 1)
        length = chance.randint(1, 12)
        kind = chance.randrange(5)
        if kind == 0:
            data[place : place + length] = chance.randbytes(length)
        elif kind == 1:
            del data[place : place + length]
        elif kind == 2:
            data[place:place] = data[place : place + length] * chance.randint(1, 40)
        elif kind == 3:
            data[place:place] = chance.choice(
                (b"\r\n", b"\n", b"\0", b":", b" ", b"\xff", b"-1", b"999999999999999999999")
            )
        elif len(data) > 1:
            del data[chance.randrange(1, len(data)) :]
    return bytes(data)


class Requests(unittest.TestCase):
    """Malformed HTTP."""

    BODY = json.dumps(chat_body(max_tokens=3)).encode()
    HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    VALID = (
        HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n",
        b"GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\nGET /health HTTP/1.1\r\nHost: a\r\n\r\n",
    )
    # Each with the statuses that are right for it.
    TABLE = (
        (b"\r\n\r\n\r\nnonsense\r\n\r\n", (400,)),
        (b"GET\r\n\r\n", (400,)),
        (b"GET /health\r\n\r\n", (400,)),
        (b"GET /health HTTP/1.1\r\n\r\n", (400,)),
        (b"GET /health HTTP/9.9\r\nHost: a\r\n\r\n", (400, 505)),
        (b"GET  /health HTTP/1.1\r\nHost: a\r\n\r\n", (400,)),
        (b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", (400,)),
        (b"GET /health HTTP/1.1\r\nHost: a\r\n folded: x\r\n\r\n", (400,)),
        (b"GET /health HTTP/1.1\r\nHost : a\r\n\r\n", (400,)),
        (b"GET /health HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", (400,)),
        (b"GET /hea\0lth HTTP/1.1\r\nHost: a\r\n\r\n", (400,)),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", (414,)),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 40_000 + b"\r\n\r\n", (431,)),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 200 + b"\r\n", (431,)),
        (HEAD + b"Content-Length: -1\r\n\r\n", (400,)),
        (HEAD + b"Content-Length: 1x\r\n\r\n", (400,)),
        (HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n", (400, 413)),
        (HEAD + b"Content-Length: 999999999\r\n\r\n", (413,)),
        (HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", (400,)),
        (HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", (400,)),
        (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", (400, 501)),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", (400,)),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", (400, 413)),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n", (400,)),
        (HEAD + b"Content-Length: 0\r\n\r\n", (400,)),
        (HEAD + b"Content-Length: 3\r\n\r\nabc", (400,)),
        (HEAD + b"Content-Length: 2\r\n\r\n[]", (400,)),
        (HEAD + b"Content-Length: 200\r\n\r\n" + b"[" * 200, (400,)),
        (HEAD + b"Content-Length: 4\r\n\r\n\xff\xfe\xff\xfe", (400,)),
        (HEAD + b"Expect: nonsense\r\nContent-Length: 2\r\n\r\n{}", (400, 417)),
        (b"BREW /coffee HTTP/1.1\r\nHost: a\r\n\r\n", (404, 405, 501)),
    )

    async def send(self, data):
        """All that is answered. What the server takes for unfinished is ended, and it must then hang up."""
        reader, writer = await asyncio.open_connection(HOST, self.server.port)
        got = bytearray()
        try:
            writer.write(data)
            try:
                await asyncio.wait_for(self.read(reader, got), 0.7)
            except TimeoutError:
                writer.write_eof()
                await asyncio.wait_for(self.read(reader, got), 20)
        except (ConnectionResetError, BrokenPipeError):
            pass
        finally:
            writer.transport.abort()
        return bytes(got)

    @staticmethod
    async def read(reader, got):
        while piece := await reader.read(1 << 16):
            got += piece

    def send_all(self, requests):
        """The answers, in order; 20 connections at a time."""

        async def run():
            gate = asyncio.Semaphore(20)

            async def one(data):
                async with gate:
                    return await self.send(data)

            return await asyncio.gather(*map(one, requests))

        return asyncio.run(run())

    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)

    def test_get_an_error_or_nothing(self):
        chance = random.Random(SEED)
        mutants = [mutated(chance, chance.choice(self.VALID)) for _ in range(REQUESTS - len(self.TABLE))]
        with Bystander(self.server.port) as bystander:
            answers = self.send_all([data for data, _ in self.TABLE])
            mutant_answers = self.send_all(mutants)
        for (data, right), answer in zip(self.TABLE, answers):
            with self.subTest(data=data[:120]):
                self.assertTrue(answer.startswith(b"HTTP/1.1 "), answer)
                self.assertIn(int(answer[9:12]), right, answer)
        statuses = collections.Counter(answer[9:12].decode() for answer in mutant_answers)
        for data, answer in zip(mutants, mutant_answers):
            with self.subTest(data=data):
                self.assertTrue(not answer or answer.startswith(b"HTTP/1.1 "), answer)
                self.assertNotIn(answer[9:12], (b"500", b"502", b"503"))
        print(
            f"{REQUESTS} requests, answered {dict(statuses)}; {bystander.rounds} rounds beside them; ", end=""
        )
        self.assertEqual(bystander.wrong, [])
        self.assertGreater(bystander.rounds, 1)
        self.assertTrue(self.server.is_alive)
        until(lambda: self.server.metrics()["millrace_edge_jobs"] == 0, "no job is left")


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value = CRC_TABLE[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFF


def _table_entry(value):
    for _ in range(8):
        value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
    return value


CRC_TABLE = [_table_entry(value) for value in range(256)]


def sealed(header, body):
    """A frame whose lengths and checksum are right, whatever else it says."""
    head = header[:40] + struct.pack(">I", len(body))
    return head + struct.pack(">I", crc32c(head + body)) + body


def golden_frames():
    """One real frame of every type, and the refused ones."""
    folders = sorted(path for path in GOLDEN.iterdir() if (path / "frame.hex").is_file())
    return {path.name: frame_of(path / "frame.hex") for path in folders}


def frame_of(path):
    """The bytes of a dump; behind # a line only explains."""
    words = " ".join(line.split("#")[0].split("|")[0] for line in path.read_text().splitlines())
    return bytes.fromhex(words)


class Frames(unittest.TestCase):
    """Malformed frames at the endpoints of coordinator and edge."""

    def setUp(self):
        self.fleet = Fleet("tcp", workers=2)
        self.addCleanup(self.fleet.close)
        self.context = zmq.Context()
        self.addCleanup(self.context.destroy, linger=0)

    def malformed(self, chance, golden):
        """A message of one part or several, of which every one is malformed."""
        bad = [name for name in golden if name.startswith("refused-")]
        frame = golden[chance.choice([name for name in golden if name not in (*bad, "longer-header")])]
        kind = chance.randrange(7)
        if kind == 0:
            return [golden[chance.choice(bad)]]
        if kind == 1:
            return [chance.randbytes(chance.randrange(1, 200))]
        if kind == 2:
            # One bit, which the checksum must notice.
            place = chance.randrange(len(frame))
            return [frame[:place] + bytes([frame[place] ^ (1 << chance.randrange(8))]) + frame[place + 1 :]]
        if kind == 3:
            return [frame[: chance.randrange(len(frame))]]
        if kind == 4:
            return [frame, frame]
        if kind == 5:
            # A body of nonsense under a good checksum. Without one, a type may be a whole message.
            header = frame[:3] + bytes([chance.choice((1, 2, 7, 16, 19, 22, 32, 36, 37, 48))]) + frame[4:48]
            return [sealed(header, b"\xff" + chance.randbytes(chance.randrange(1, 300)))]
        header = frame[:3] + bytes([chance.randint(60, 255)]) + b"\0\0" + frame[6:48]
        return [sealed(header, chance.randbytes(chance.randrange(40)))]

    def stranger(self, endpoint, name):
        peer = self.context.socket(zmq.DEALER)
        peer.setsockopt(zmq.IDENTITY, name.encode())
        peer.connect(endpoint)
        return peer

    def flood(self, endpoint, chance, count):
        """Malformed messages, a few from each of many peers; each must be answered with an error."""
        golden = golden_frames()
        while count > 0:
            sizes = [
                min(FRAMES_PER_PEER, count - start) for start in range(0, min(count, 600), FRAMES_PER_PEER)
            ]
            peers = [self.stranger(endpoint, f"stranger-{chance.getrandbits(64):x}") for _ in sizes]
            for peer, size in zip(peers, sizes):
                for _ in range(size):
                    peer.send_multipart(self.malformed(chance, golden))
            for peer, size in zip(peers, sizes):
                self.expect_errors(peer, size)
                peer.close(linger=0)
            count -= sum(sizes)

    def expect_errors(self, peer, count):
        for number in range(count):
            self.assertTrue(peer.poll(20_000), f"{number} of {count} malformed frames were answered")
            self.assertEqual(peer.recv()[:4], ERROR_FRAME)

    def malformed_count(self):
        return self.fleet.metrics()["millrace_malformed_frames_total"]

    def test_are_counted_and_change_nothing(self):
        chance = random.Random(SEED)
        half = FRAMES // 2
        with Bystander(self.fleet.port) as bystander:
            self.flood(self.fleet.control, chance, half)
            self.flood(self.fleet.tokens, chance, half)
        print(f"{FRAMES} frames answered; {bystander.rounds} rounds beside them; ", end="")
        self.assertEqual(self.malformed_count(), half)
        self.assertEqual(bystander.wrong, [])
        self.assertGreater(bystander.rounds, 1)
        for program in self.fleet.programs:
            self.assertTrue(program.is_alive, program)
        self.assertIn("malformed frame", self.fleet.coordinator.said())

    def test_of_one_peer_are_ignored_from_the_16th_on(self):
        peer = self.stranger(self.fleet.tokens, "stranger")
        for _ in range(100):
            peer.send(b"nonsense")
        until(lambda: "ignored for a while" in self.fleet.edge.said(), "the edge stops listening")
        self.expect_errors(peer, FRAMES_PER_PEER)
        self.assertEqual(self.malformed_count(), 16)
        peer.close(linger=0)

    def test_well_formed_ones_of_strangers_change_nothing(self):
        # Mutations of real bodies under good checksums, from peers that never said hello.
        chance = random.Random(SEED)
        golden = {name: frame for name, frame in golden_frames().items() if name != "hello"}
        frames = list(golden.values())
        with Bystander(self.fleet.port) as bystander:
            for endpoint in (self.fleet.control, self.fleet.tokens):
                for number in range(200):
                    peer = self.stranger(endpoint, chance.choice(("good-name-", "bad name ")) + str(number))
                    for frame in chance.sample(frames, 10):
                        if len(frame) > 48:
                            frame = sealed(frame[:48], mutated(chance, frame[48:]))
                        peer.send(frame)
                    peer.close(linger=10_000)
        self.assertEqual(bystander.wrong, [])
        for program in self.fleet.programs:
            self.assertTrue(program.is_alive, program)

    def test_bytes_that_are_no_zeromq_change_nothing(self):
        chance = random.Random(SEED)
        with Bystander(self.fleet.port) as bystander:
            for endpoint in (self.fleet.control, self.fleet.tokens):
                port = int(endpoint.rpartition(":")[2])
                for _ in range(100):
                    with socket.create_connection((HOST, port), timeout=30) as client:
                        greeting = b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL" + bytes(48)
                        data = chance.choice(
                            (
                                chance.randbytes(200),
                                greeting[: chance.randrange(64)],
                                mutated(chance, greeting),
                            )
                        )
                        client.sendall(data)
        self.assertEqual(bystander.wrong, [])
        for program in self.fleet.programs:
            self.assertTrue(program.is_alive, program)
