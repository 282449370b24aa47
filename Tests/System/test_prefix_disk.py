"""Prefixes on disk: what one life of a server computed serves the next, and nothing that is wrong ever does.

The seed is MILLRACE_SEED (1), the number of kills MILLRACE_KILLS (15).
"""

import json
import os
import pathlib
import random
import resource
import shutil
import signal
import tempfile
import threading
import time
import unittest

from program import Server, until

KILLS = int(os.environ.get("MILLRACE_KILLS", "15"))
SEED = int(os.environ.get("MILLRACE_SEED", "1"))
PROMPT_TOKENS = 1200


def prompt(number, count=PROMPT_TOKENS):
    """Token ids that no other number's prompt begins with."""
    chance = random.Random(f"{SEED}/{number}")
    return [chance.randrange(16, 2000) for _ in range(count)]


def ask(server, ids):
    """What it answers, and how many tokens of the prompt it did not compute."""
    body = {"model": "demo", "prompt": ids, "max_tokens": 12, "temperature": 0}
    status, _, reply = server.ask("POST", "/v1/completions", json.dumps(body))
    assert status == 200, f"{status}: {reply!r}"
    reply = json.loads(reply)
    return reply["choices"][0]["text"], reply["usage"]["prompt_tokens_details"]["cached_tokens"]


class PrefixesOnDisk(unittest.TestCase):
    """Servers, one after the other, over one directory."""

    @classmethod
    def setUpClass(cls):
        server = Server()
        cls.expected = [ask(server, prompt(number))[0] for number in range(6)]
        server.close()

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-prefixes-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def start(self, *words):
        server = Server("--prefix-dir", self.folder / "prefixes", "--prefix-min-tokens", 100, *words)
        self.addCleanup(server.close)
        return server

    def segments(self):
        return sorted((self.folder / "prefixes" / "segments").iterdir())

    def stored(self, server, count):
        """Waits until so many segments are on disk."""
        name = "millrace_prefix_disk_segments"
        until(lambda: sum(n for key, n in server.metrics().items() if key.startswith(name)) >= count, name)

    def figure(self, server, name):
        return sum(value for key, value in server.metrics().items() if key.startswith(name))

    def end(self, server):
        server.signal(signal.SIGTERM)
        self.assertEqual(server.wait(), 0, str(server))

    def test_a_restart_computes_nothing_twice(self):
        first = self.start()
        self.assertEqual(ask(first, prompt(0)), (self.expected[0], 0))
        self.end(first)
        second = self.start()
        text, cached = ask(second, prompt(0))
        self.assertEqual((text, cached), (self.expected[0], PROMPT_TOKENS - 16), str(second))
        self.assertEqual(
            self.figure(second, 'millrace_request_reused_tokens_total{source="disk"}'), PROMPT_TOKENS - 16
        )
        # The gauges are as old as a heartbeat.
        until(lambda: self.figure(second, "millrace_prefix_disk_hits_total") == 1, "a hit is counted")
        # A text that parts from it takes over what they have in common.
        other = prompt(0, 700) + prompt(1, 100)
        self.assertEqual(ask(second, other)[1] // 16, 700 // 16)

    def test_another_way_of_computing_is_another_model(self):
        first = self.start()
        ask(first, prompt(0))
        self.end(first)
        second = self.start("--kv", "f32")
        self.assertEqual(ask(second, prompt(0))[1], 0)
        self.end(second)
        third = self.start("--block", 32)
        self.assertEqual(ask(third, prompt(0)), (self.expected[0], 0))

    def test_damage_costs_time_alone(self):
        first = self.start()
        for number in range(3):
            ask(first, prompt(number))
        self.end(first)
        chance = random.Random(SEED)
        files = self.segments()
        self.assertEqual(len(files), 15)
        for place, file in enumerate(files):
            size = file.stat().st_size
            if place % 5 == 0:
                file.unlink()
            elif place % 5 == 1:
                os.truncate(file, chance.randrange(size))
            elif place % 5 == 2:
                with file.open("r+b") as changed:
                    offset = chance.randrange(4096, size)
                    changed.seek(offset)
                    byte = changed.read(1)[0]
                    changed.seek(offset)
                    changed.write(bytes([byte ^ 1 << chance.randrange(8)]))
        second = self.start()
        for number in range(3):
            self.assertEqual(ask(second, prompt(number))[0], self.expected[number], f"seed {SEED}: {second}")

    def test_a_lost_index_costs_nothing(self):
        first = self.start()
        ask(first, prompt(0))
        self.end(first)
        for file in (self.folder / "prefixes").glob("index.sqlite*"):
            file.unlink()
        second = self.start()
        self.assertEqual(ask(second, prompt(0)), (self.expected[0], PROMPT_TOKENS - 16))

    def test_a_second_server_goes_without(self):
        first = self.start()
        second = self.start()
        second.until_said("is in use by another process")
        self.assertEqual(ask(second, prompt(0)), (self.expected[0], 0))
        self.assertEqual(ask(first, prompt(0)), (self.expected[0], 0))

    def test_a_full_disk_is_said_once_and_serving_goes_on(self):
        server = self.start()
        ask(server, prompt(0))
        self.stored(server, 5)
        # Less than a segment, and more than the log.
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
        for number in range(1, 4):
            self.assertEqual(ask(server, prompt(number))[0], self.expected[number])
        until(lambda: self.figure(server, "millrace_prefix_disk_writable") == 0, "it is noticed")
        self.assertEqual(server.said().count("no longer written"), 1, str(server))
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        written = self.figure(server, "millrace_prefix_disk_written_bytes_total")

        def writes_again():
            self.assertEqual(ask(server, prompt(3))[0], self.expected[3])
            return self.figure(server, "millrace_prefix_disk_written_bytes_total") > written

        until(writes_again, "it writes again when there is room", tries=120, pause=0.25)
        self.assertEqual(self.figure(server, "millrace_prefix_disk_writable"), 1)
        self.end(server)
        again = self.start()
        self.assertEqual(ask(again, prompt(0))[1], PROMPT_TOKENS - 16)

    def test_kills_while_writing(self):
        """Whatever is whole when a server is killed is used by the next one, and nothing else."""
        chance = random.Random(SEED)
        reused = 0
        for life in range(KILLS):
            server = self.start()
            number = life // 2 % len(self.expected)
            text, cached = ask(server, prompt(number))
            self.assertEqual(text, self.expected[number], f"seed {SEED}, life {life}: {server}")
            reused += cached > 0
            # Another one writes while it is killed.
            busy = threading.Thread(target=self.ask_whatever, args=(server, life))
            busy.start()
            time.sleep(chance.uniform(0, 0.2))
            server.kill()
            busy.join()
        self.assertGreater(reused, 0)
        last = self.start()
        self.assertEqual([file for file in self.segments() if file.suffix], [], "drafts are swept away")
        for number, expected in enumerate(self.expected):
            self.assertEqual(ask(last, prompt(number))[0], expected, f"seed {SEED}: {last}")

    def ask_whatever(self, server, life):
        try:
            for number in range(3):
                ask(server, prompt(f"{life}/{number}"))
        except (OSError, AssertionError, ValueError):
            pass  # It was killed.
