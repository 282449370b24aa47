"""Clients that go away in the middle of an answer leave nothing behind.

The number of rounds is MILLRACE_ROUNDS (6), the seed MILLRACE_SEED (1).
"""

import asyncio
import os
import random
import unittest

from program import Server, until
from stream import Stream, mixed_bodies, texts

ROUNDS = int(os.environ.get("MILLRACE_ROUNDS", "6"))
SEED = int(os.environ.get("MILLRACE_SEED", "1"))
STREAMS = 200
# From here on the server's memory must not grow any more.
SETTLED_ROUND = 3


class Abandonment(unittest.TestCase):
    """200 streams at once, half of which are closed at a random moment."""

    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)

    def test_survivors_are_exact_and_nothing_is_left(self):
        bodies = mixed_bodies(20, max_tokens=150)
        expected = texts(self.server.port, bodies, at_once=4)
        chance = random.Random(SEED)
        resident = []
        for number in range(ROUNDS):
            abandoned = self.server.metrics()["millrace_requests_abandoned_total"]
            with self.subTest(round=number, seed=SEED):
                asyncio.run(asyncio.wait_for(self.round(bodies, expected, chance), 60))
                until(self.is_idle, "no job is left", tries=200)
                gone = self.server.metrics()["millrace_requests_abandoned_total"] - abandoned
                self.assertGreater(gone, STREAMS / 5)
            resident.append(self.server.resident_bytes())
        print("RSS in MiB:", *(f"{count / 2**20:.1f}" for count in resident), end="; ")
        if len(resident) > SETTLED_ROUND:
            self.assertLess(resident[-1], 1.05 * resident[SETTLED_ROUND - 1])
        self.assertEqual(texts(self.server.port, bodies, at_once=4), expected)

    async def round(self, bodies, expected, chance):
        async def survive(index):
            stream = await Stream(self.server.port, bodies[index]).run()
            self.assertEqual((stream.text, stream.finish_reason), expected[index])

        async def leave(index, upto, patience):
            stream = Stream(self.server.port, bodies[index])
            try:
                await asyncio.wait_for(stream.run(upto), patience)
            except TimeoutError:
                pass

        clients = []
        for number in range(STREAMS):
            index = chance.randrange(len(bodies))
            if number % 2 == 0:
                clients.append(survive(index))
            # Some leave before their first token, in the queue or while their request is being sent.
            else:
                clients.append(leave(index, chance.randint(0, 500), chance.uniform(0, 2)))
        chance.shuffle(clients)
        await asyncio.gather(*clients)

    def is_idle(self):
        metrics = self.server.metrics()
        names = ("worker_jobs", "edge_jobs", "leased_jobs", "worker_running", "worker_waiting")
        # Some are shown by model.
        shown = [(key.split("{")[0].removeprefix("millrace_"), value) for key, value in metrics.items()]
        values = [value for name, value in shown if name in names]
        return len(values) >= len(names) and not any(values)
