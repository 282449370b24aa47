"""Answers that are held to a shape or have to call tools go on exactly when their worker dies or leaves."""

import asyncio
import signal
import unittest

from program import Fleet, Server
from stream import Stream, chat_body

ITEMS = {
    "type": "object",
    "properties": {
        "items": {
            "type": "array",
            "minItems": 40,
            "maxItems": 48,
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "minLength": 4, "maxLength": 16},
                    "n": {"type": "integer"},
                },
                "required": ["name", "n"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["items"],
    "additionalProperties": False,
}
TOOLS = [{"type": "function", "function": {"name": "keep", "parameters": ITEMS}}]


def bodies():
    common = {"temperature": 1.5, "top_p": 1, "top_k": 0, "max_tokens": 900}
    shapes = [
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": ITEMS}}},
        {"tools": TOOLS, "tool_choice": "required"},
        {"structured_outputs": {"regex": "([a-z]{3,9} ){150}[a-z]{3}"}},
    ]
    quiet = {"reasoning_effort": "none"}
    return [chat_body(**{**common, **quiet, **shape, "seed": seed}) for shape in shapes for seed in (2, 3, 4)]


class ShapedStream(Stream):
    """With calls; what is shown is counted in `pieces`."""

    def __init__(self, *words, **more):
        super().__init__(*words, **more)
        self.calls = []

    def _take(self, event):
        super()._take(event)
        for choice in event["choices"]:
            for call in choice["delta"].get("tool_calls") or []:
                if call["index"] == len(self.calls):
                    self.calls.append([call["function"]["name"], ""])
                self.calls[-1][1] += call["function"]["arguments"]
                self.pieces.append((0, call["function"]["arguments"]))

    @property
    def told(self):
        return self.text, self.calls, self.finish_reason


async def run_all(port, all_bodies, disturb=None):
    streams = [ShapedStream(port, body) for body in all_bodies]
    running = [asyncio.create_task(stream.run()) for stream in streams]
    if disturb:
        await disturb(streams)
    await asyncio.wait_for(asyncio.gather(*running), 120)
    return [stream.told for stream in streams]


class AWorker(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        server = Server()
        cls.expected = asyncio.run(run_all(server.port, bodies()))
        server.close()

    def check(self, *disturbances, **options):
        fleet = Fleet("ipc", workers=3, **options)
        self.addCleanup(fleet.close)

        async def disturb(streams):
            for part, (index, act) in zip((0.2, 0.5), disturbances):
                while not all(len(stream.pieces) >= part * 150 or stream.finish_reason for stream in streams):
                    await asyncio.sleep(0.005)
                act(fleet.workers[index])

        told = asyncio.run(run_all(fleet.port, bodies(), disturb))
        for body, got, wanted in zip(bodies(), told, self.expected):
            self.assertEqual(got, wanted, body)
        return fleet

    def test_the_answers_are_long_enough_to_tell(self):
        lengths = [len(text) + sum(len(words) for _, words in calls) for text, calls, _ in self.expected]
        self.assertGreater(sum(lengths), 600 * len(lengths))
        self.assertTrue(any(calls for _, calls, _ in self.expected), "nobody calls")

    def test_may_be_killed(self):
        self.check((0, lambda worker: worker.kill()), (1, lambda worker: worker.kill()))

    def test_may_leave_and_hand_over(self):
        def leave(worker):
            worker.signal(signal.SIGTERM)

        fleet = self.check((0, leave), (1, leave), worker_words=("--grace", 0.2))
        for worker in fleet.workers[:2]:
            self.assertEqual(worker.wait(10), 0)

    def test_may_be_asked_twice_and_hands_over_at_once(self):
        def leave(worker):
            worker.signal(signal.SIGTERM)
            worker.until_said("draining")
            worker.signal(signal.SIGTERM)

        fleet = self.check((0, leave), (1, leave))
        for worker in fleet.workers[:2]:
            self.assertEqual(worker.wait(10), 0)
