"""A model's weights are replaced while answers are written, and workers die: no answer is of two minds."""

import asyncio
import time
import unittest

from program import Server, until
from stream import BrokenStream, Stream, mixed_bodies, texts
from test_placement import TWO, Models, PoolFleet, change_weights

BODIES = mixed_bodies(8, max_tokens=900)


class ReplacedWeights(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        server = Server()
        cls.expected = texts(server.port, BODIES, at_once=4)
        server.close()

    def setUp(self):
        models = Models(self)
        self.path = models.add("a", replicas=2)
        edge_words = ("--config", models.config)
        self.fleet = PoolFleet(workers=2, edge_words=edge_words, worker_words=models.words(TWO))
        self.addCleanup(self.fleet.close)
        self.fleet.text("a")
        until(lambda: list(self.fleet.held("a").values()) == ["resident"] * 2, "both workers have it")

    def swap(self, **fields):
        """Other files; and one worker loads them, or each."""
        change_weights(self.path)
        status, reply = self.fleet.post("/admin/models/load", model="a", reload=True, **fields)
        self.assertEqual(status, 202, reply)

    def generations(self):
        return {entry["worker"]: entry["generation"] for entry in self.fleet.status("a")["workers"]}

    def answers(self, disturb):
        """What becomes of eight answers that are under way when something is done."""

        async def run():
            streams = [Stream(self.fleet.port, {**body, "model": "a"}) for body in BODIES]
            running = [asyncio.create_task(stream.run()) for stream in streams]
            while not all(len(stream.pieces) >= 5 for stream in streams):
                assert not any(task.done() for task in running), "an answer ended too soon to tell"
                await asyncio.sleep(0.002)
            await asyncio.to_thread(disturb)
            self.assertFalse(any(task.done() for task in running), "an answer ended too soon to tell")
            self.fleet.workers[1].kill()
            return streams, await asyncio.wait_for(asyncio.gather(*running, return_exceptions=True), 90)

        return asyncio.run(run())

    def test_an_answer_goes_on_with_the_weights_that_it_began_with(self):
        def swap():
            self.swap(worker="w2")
            until(lambda: self.generations().get("w2") == 2, "one worker has the new ones")

        streams, ends = self.answers(swap)
        self.assertEqual([end for end in ends if isinstance(end, BaseException)], [])
        self.assertEqual([(stream.text, stream.finish_reason) for stream in streams], self.expected)

    def test_an_answer_whose_weights_nobody_has_any_more_ends_in_words_that_say_so(self):
        def swap():
            self.swap()
            until(lambda: set(self.generations().values()) == {2}, "all have the new ones")

        began = time.monotonic()
        streams, ends = self.answers(swap)
        print(f"{time.monotonic() - began:.1f} s; ", end="")
        broken = 0
        for stream, end, expected in zip(streams, ends, self.expected):
            if isinstance(end, BrokenStream):
                broken += 1
                self.assertIn("model_failed", str(end))
                self.assertIn("was replaced while this was being answered", str(end))
                self.assertTrue(expected[0].startswith(stream.text))
            else:
                self.assertEqual((stream.text, stream.finish_reason), expected)
        self.assertGreater(broken, 0)
        self.assertLess(broken, len(streams))
        self.assertTrue(self.fleet.text("a"))


if __name__ == "__main__":
    unittest.main()
