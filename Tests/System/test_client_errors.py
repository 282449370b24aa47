"""What both client libraries make of refusals, a full queue, time limits, and of being stopped."""

import asyncio
import json
import threading
import time
import unittest

import anthropic
import openai

from program import Fleet, Server, until
from stream import STORY, Stream, chat_body

QUESTION = [{"role": "user", "content": "what is a lane?"}]
# Seconds of work for one sequence at a time.
LONG = {"messages": STORY, "max_tokens": 1900, "extra_body": {"ignore_eos": True, "temperature": 1}}
TOO_LONG = [{"role": "user", "content": "word " * 1_000_000}]


class BothClients(unittest.TestCase):
    """One server that runs one sequence and lets one more wait."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server("--batch", 1, "--lane-capacity", 1)
        cls.addClassCleanup(cls.server.close)
        cls.openai = openai.OpenAI(api_key="none", base_url=f"{cls.server.url}/v1", max_retries=0)
        cls.addClassCleanup(cls.openai.close)
        cls.anthropic = anthropic.Anthropic(api_key="none", base_url=cls.server.url, max_retries=0)
        cls.addClassCleanup(cls.anthropic.close)

    def tearDown(self):
        until(self.is_idle, "nothing is left behind")

    def is_idle(self):
        metrics = self.server.metrics()
        names = ("edge_jobs", "lane_waiting_jobs", "leased_jobs", "worker_jobs", "worker_running")
        return not sum(value for name, value in metrics.items() if self.plain(name) in names)

    @staticmethod
    def plain(name):
        return name.split("{")[0].removeprefix("millrace_")

    def chat(self, client=None, **fields):
        fields = {"model": "demo", "messages": QUESTION, "max_tokens": 3, **fields}
        return (client or self.openai).chat.completions.create(**fields)

    def message(self, client=None, **fields):
        fields = {"model": "demo", "messages": QUESTION, "max_tokens": 3, **fields}
        return (client or self.anthropic).messages.create(**fields)

    def crowd(self):
        """Streams that take the one place and fill the queue; closing them frees both."""
        streams = []
        stream = self.chat(stream=True, **LONG)
        # It runs once it says something; what comes next has to wait.
        next(iter(stream))
        streams.append(stream)
        waiting = self.openai.with_options(timeout=60)
        thread = threading.Thread(target=lambda: streams.append(self.chat(waiting, stream=True, **LONG)))
        thread.start()
        until(lambda: self.waiting_count() >= 1, "the queue is full")

        def leave():
            streams[0].close()
            thread.join()
            streams[-1].close()

        return leave

    def waiting_count(self):
        metrics = self.server.metrics()
        return sum(value for name, value in metrics.items() if self.plain(name) == "lane_waiting_jobs")

    def test_have_a_class_for_every_status(self):
        brief = {"extra_headers": {"x-millrace-timeout-ms": "1"}, "messages": STORY, "max_tokens": 1900}
        cases = (
            (400, "BadRequestError", {"messages": []}, (False, True)),
            (404, "NotFoundError", {"model": "none"}, (False, True)),
            (413, None, {"messages": TOO_LONG}, (False, True)),
            (504, "InternalServerError", brief, (False,)),
        )
        for status, name, fields, streams in cases:
            for library, ask in ((openai, self.chat), (anthropic, self.message)):
                for stream in streams:
                    with self.subTest(status=status, library=library.__name__, stream=stream):
                        with self.assertRaises(library.APIStatusError) as caught:
                            ask(stream=stream, **fields)
                        error = caught.exception
                        self.assertEqual(error.status_code, status, error)
                        if name:
                            self.assertIsInstance(error, getattr(library, name))
                        self.assertTrue(error.request_id.startswith("req_"))
                        self.assertTrue(error.message)
                        kind = error.body["error"] if library is anthropic else error.body
                        self.assertTrue(kind["type"] and kind["message"])

    def test_tell_of_a_stream_that_breaks(self):
        brief = {"extra_headers": {"x-millrace-timeout-ms": "150"}, "stream": True}
        for library, ask in ((openai, self.chat), (anthropic, self.message)):
            with self.subTest(library=library.__name__):
                told = []
                with self.assertRaises(library.APIError) as caught:
                    for event in ask(**{**LONG, **brief}):
                        told.append(event)
                self.assertRegex(str(caught.exception), "time limit|deadline")
                self.assertTrue(told)

    def test_try_again_when_the_server_says_so(self):
        leave = self.crowd()
        with self.assertRaises(openai.InternalServerError) as caught:
            self.chat()
        self.assertEqual((caught.exception.status_code, caught.exception.code), (503, "lane_full"))
        asked_for = int(caught.exception.response.headers["retry-after"])
        self.assertGreaterEqual(asked_for, 1)
        with self.assertRaises(anthropic.APIStatusError) as caught:
            self.message()
        self.assertEqual(caught.exception.status_code, 529)
        self.assertEqual(caught.exception.body["error"]["type"], "overloaded_error")
        self.assertGreaterEqual(int(caught.exception.response.headers["retry-after"]), 1)

        patient = self.openai.with_options(max_retries=10).chat.completions.with_raw_response
        refused_at = time.monotonic()
        timer = threading.Timer(0.3, leave)
        timer.start()
        raw = patient.create(model="demo", messages=QUESTION, max_tokens=3)
        timer.join()
        self.assertGreaterEqual(raw.retries_taken, 1)
        # Not at once, and not by the client's own half second.
        self.assertGreaterEqual(time.monotonic() - refused_at, 0.9)
        self.assertTrue(raw.parse().choices)

    def test_do_not_try_again_what_would_end_the_same_way(self):
        patient = self.openai.with_options(max_retries=5)
        start = time.monotonic()
        with self.assertRaises(openai.InternalServerError) as caught:
            brief = {"x-millrace-timeout-ms": "1"}
            self.chat(patient, messages=STORY, max_tokens=1900, extra_headers=brief)
        self.assertEqual(caught.exception.response.headers["x-should-retry"], "false")
        self.assertLess(time.monotonic() - start, 5)

    def test_leave_nothing_behind_when_they_give_up(self):
        for library, ask in ((openai, self.chat), (anthropic, self.message)):
            client = (self.openai if library is openai else self.anthropic).with_options(timeout=0.2)
            with self.subTest(library=library.__name__):
                with self.assertRaises(library.APITimeoutError):
                    ask(client, **LONG)
                until(self.is_idle, "the job is cancelled")

    def test_leave_nothing_behind_when_they_stop_reading(self):
        for ask in (self.chat, self.message):
            with ask(stream=True, **LONG) as stream:
                for _, _ in zip(range(3), stream):
                    pass
            until(self.is_idle, "the job is cancelled")

        async def cancelled():
            async with openai.AsyncOpenAI(api_key="none", base_url=f"{self.server.url}/v1") as client:
                stream = await client.chat.completions.create(model="demo", stream=True, **LONG)
                task = asyncio.create_task(self.drained(stream))
                await asyncio.sleep(0.1)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

        asyncio.run(cancelled())
        until(self.is_idle, "the job is cancelled")

    @staticmethod
    async def drained(stream):
        async for _ in stream:
            pass


class Readiness(unittest.TestCase):
    """Whoever chooses among edges is told when the last worker is gone."""

    def setUp(self):
        self.fleet = Fleet(workers=2)
        self.addCleanup(self.fleet.close)

    def ready(self):
        status, _, body = self.fleet.ask("GET", "/readyz")
        return status, json.loads(body)["status"]

    def test_ends_with_the_last_worker_and_begins_with_the_next(self):
        self.fleet.workers[0].kill()
        self.assertEqual(self.ready(), (200, "ready"))
        self.fleet.workers[1].kill()
        until(lambda: self.ready() == (503, "waiting for a worker"), "it is not ready")
        self.assertEqual(self.fleet.ask("GET", "/livez")[0], 200)

        async def wait():
            # Taken all the same: it waits for the next worker.
            task = asyncio.create_task(Stream(self.fleet.port, chat_body(max_tokens=5)).run())
            await asyncio.sleep(0.2)
            self.assertFalse(task.done())
            self.fleet.restart_worker(0)
            return await asyncio.wait_for(task, 60)

        self.assertTrue(asyncio.run(wait()).text)
        self.assertEqual(self.ready(), (200, "ready"))


if __name__ == "__main__":
    unittest.main()
