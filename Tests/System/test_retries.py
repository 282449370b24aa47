"""Requests that come again get the reply that is there, whole and the same, and nothing is run twice."""

import hashlib
import http.client
import json
import pathlib
import socket
import tempfile
import threading
import time
import unittest

import anthropic
import openai

from program import HOST, Server, until
from stream import STORY, chat_body
from wide_fleet import WideFleet

# Some seconds of work.
LONG = {"max_tokens": 600, "ignore_eos": True, "temperature": 1}
CHAT = "/v1/chat/completions"


class RawReply:
    """One request on a connection of its own, read as slowly as one likes."""

    def __init__(self, port, body, *headers, path=CHAT, receive_bytes=None):
        self.socket = socket.socket()
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(60)
        self.socket.connect((HOST, port))
        data = json.dumps(body).encode()
        head = [f"POST {path} HTTP/1.1", "Host: millrace", f"Content-Length: {len(data)}", *headers]
        self.socket.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + data)
        self.reply = None
        self.body = b""

    def begin(self):
        """Waits for the head."""
        if self.reply is None:
            self.reply = http.client.HTTPResponse(self.socket, method="POST")
            self.reply.begin()
        return self

    def read(self, upto=None):
        """Reads to the end, or until the body has `upto` bytes."""
        self.begin()
        while upto is None or len(self.body) < upto:
            piece = self.reply.read1(65536)
            if not piece:
                break
            self.body += piece
        return self

    def events(self):
        """What was said, without the comments that keep a connection open."""
        return [event for event in self.body.split(b"\n\n") if event and not event.startswith(b":")]

    @property
    def status(self):
        return self.begin().reply.status

    def header(self, name):
        return self.begin().reply.getheader(name)

    def close(self):
        if self.reply:
            self.reply.close()
        self.socket.close()


def key(text):
    return f"Idempotency-Key: {text}"


def bodies():
    """A streamed and a whole request of each route, and the headers that it needs."""
    messages = {"model": "demo", "messages": STORY, **LONG}
    prompt = {"model": "demo", "prompt": "Once upon a time", **LONG}
    legacy = {"model": "demo", "prompt": "\n\nHuman: a story\n\nAssistant:", "max_tokens_to_sample": 300}
    for stream in True, False:
        yield CHAT, {**messages, "n": 2, "stream": stream}
        yield "/v1/completions", {**prompt, "stream": stream}
        yield "/v1/messages", {**messages, "stream": stream}
        yield "/v1/complete", {**legacy, "stream": stream}
        response = {"model": "demo", "input": "a story", "max_output_tokens": 300}
        yield "/v1/responses", {**response, "stream": stream}


class Repeating(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.port = cls.server.port

    def run_count(self):
        return self.server.metrics()["millrace_requests_total"]

    def joined(self, reason):
        return self.server.metrics()[f'millrace_requests_joined_total{{by="{reason}"}}']

    def test_a_stream_that_was_cut_is_told_whole_to_the_same_key(self):
        body = chat_body(**LONG)
        count = self.run_count()
        cut = RawReply(self.port, body, key("cut")).read(upto=2000)
        cut.close()
        whole = RawReply(self.port, body, key("cut")).read()
        again = RawReply(self.port, body, key("cut")).read()
        self.assertEqual(self.run_count(), count + 1)
        self.assertTrue(whole.body.startswith(cut.body))
        self.assertTrue(whole.body.endswith(b"data: [DONE]\n\n"))
        self.assertEqual(again.body, whole.body)
        for reply in whole, again:
            self.assertEqual(reply.header("idempotent-replayed"), "true")
            self.assertEqual(reply.header("x-request-id"), cut.header("x-request-id"))
        self.assertIsNone(cut.header("idempotent-replayed"))

    def test_every_route_tells_two_that_come_together_and_a_third_the_same(self):
        for number, (path, body) in enumerate(bodies()):
            with self.subTest(path=path, stream=body["stream"]):
                count = self.run_count()
                both = [RawReply(self.port, body, key(f"two-{number}"), path=path) for _ in range(2)]
                first, second = [reply.read() for reply in both]
                self.assertEqual((first.status, second.status), (200, 200), first.body)
                third = RawReply(self.port, body, key(f"two-{number}"), path=path).read()
                self.assertEqual(self.run_count(), count + 1)
                self.assertEqual(second.body, first.body)
                self.assertEqual(third.body, first.body)

    def test_vectors_and_counts_too(self):
        body = {"model": "demo", "messages": STORY}
        count = self.run_count()
        path = "/v1/messages/count_tokens"
        first, second = [RawReply(self.port, body, key("count"), path=path).read() for _ in range(2)]
        self.assertEqual((first.status, second.body), (200, first.body))
        self.assertEqual(self.run_count(), count + 1)

    def test_a_job_waits_for_its_client_and_ends_when_nobody_comes(self):
        server = Server("--retry-grace", 1)
        self.addCleanup(server.close)
        body = chat_body(**{**LONG, "max_tokens": 1900}, n=16)

        def given_up():
            return server.metrics()["millrace_requests_abandoned_total"]

        RawReply(server.port, body, key("nobody")).read(upto=500).close()
        time.sleep(0.3)
        self.assertEqual((given_up(), server.metrics()["millrace_edge_jobs"]), (0, 16))
        until(lambda: given_up() == 1, "the job was given up")
        RawReply(server.port, body).read(upto=500).close()
        until(lambda: given_up() == 2, "the job was given up at once")

    def test_another_body_is_refused_in_the_words_of_each_api(self):
        for path, kind in ((CHAT, "openai"), ("/v1/messages", "anthropic")):
            body = {"model": "demo", "messages": STORY, "max_tokens": 2}
            self.assertEqual(RawReply(self.port, body, key("other"), path=path).read().status, 200)
            reply = RawReply(self.port, {**body, "max_tokens": 3}, key("other"), path=path).read()
            error = json.loads(reply.body)["error"]
            self.assertEqual((reply.status, error["type"]), (422, "invalid_request_error"))
            self.assertIn("Idempotency-Key", error["message"])
            if kind == "openai":
                self.assertEqual(error["code"], "idempotency_key_reused")

    def test_a_failure_is_not_kept(self):
        refused = {"model": "demo", "messages": STORY, "max_tokens": 2, "temperature": 99}
        for _ in range(2):
            reply = RawReply(self.port, refused, key("failure")).read()
            self.assertEqual((reply.status, reply.header("idempotent-replayed")), (400, None))
        reply = RawReply(self.port, {**refused, "temperature": 1}, key("failure")).read()
        self.assertEqual(reply.status, 200, reply.body)
        late = ("x-millrace-timeout-ms: 1", key("late"))
        body = {**chat_body(**LONG), "stream": False}
        self.assertIn(RawReply(self.port, body, *late).read().status, (503, 504))
        self.assertEqual(RawReply(self.port, {**body, "max_tokens": 600}, key("late")).read().status, 200)

    def test_a_key_is_its_owners_alone(self):
        body = {"model": "demo", "messages": STORY, "max_tokens": 5}
        replies = [
            RawReply(self.port, body, key("mine"), f"Authorization: Bearer {owner}").read()
            for owner in ("one", "two", "one")
        ]
        ids = [json.loads(reply.body)["id"] for reply in replies]
        self.assertEqual(ids[0], ids[2])
        self.assertNotEqual(ids[0], ids[1])

    def test_a_slow_reader_holds_nobody_back(self):
        body = chat_body(**{**LONG, "max_tokens": 1900}, logprobs=True, top_logprobs=20)
        slow = RawReply(self.port, body, key("slow"), receive_bytes=4096).begin()
        began = time.monotonic()
        fast = RawReply(self.port, body, key("slow")).read()
        took = time.monotonic() - began
        alone = RawReply(self.port, body, key("alone")).read()
        self.assertLess(took, 3 * (time.monotonic() - began - took) + 5)
        self.assertTrue(alone.body.endswith(b"data: [DONE]\n\n"))
        self.assertEqual(slow.read().body, fast.body)

    def test_both_client_libraries_join_with_a_key(self):
        words = {"model": "demo", "messages": STORY, "max_tokens": 100}
        words["extra_headers"] = {"Idempotency-Key": "libraries"}
        for client in self.clients():
            with self.subTest(client=type(client).__name__):
                with self.create(client)(**words, stream=True) as stream:
                    begun = [event for _, event in zip(range(3), stream)]
                events = list(self.create(client)(**words, stream=True))
                self.assertEqual(events[: len(begun)], begun)
                self.assertEqual(list(self.create(client)(**words, stream=True)), events)
                library = openai if isinstance(client, openai.OpenAI) else anthropic
                with self.assertRaises(library.UnprocessableEntityError):
                    self.create(client)(**words)

    def test_a_librarys_own_retry_takes_the_job_of_its_first_try(self):
        words = {"model": "demo", "messages": STORY, "max_tokens": 600}
        more = {"ignore_eos": True, "temperature": 1}
        for client in self.clients():
            with self.subTest(client=type(client).__name__):
                began = time.monotonic()
                self.create(client)(**words, extra_body=more)
                brief = client.with_options(timeout=(time.monotonic() - began) / 4, max_retries=8)
                count, joined = self.run_count(), self.joined("retry")
                self.create(brief)(**words, extra_body={**more, "top_k": 64})
                self.assertEqual(self.run_count(), count + 1)
                self.assertGreater(self.joined("retry"), joined)

    def clients(self):
        with openai.OpenAI(api_key="k", base_url=f"{self.server.url}/v1", max_retries=0) as client:
            yield client
        with anthropic.Anthropic(api_key="k", base_url=self.server.url, max_retries=0) as client:
            yield client

    @staticmethod
    def create(client):
        return client.chat.completions.create if hasattr(client, "chat") else client.messages.create


class SharedFlights(unittest.TestCase):
    """Identical requests with a certain answer share one job, where that is asked for."""

    BODY = {**chat_body(max_tokens=400, ignore_eos=True), "temperature": 0}

    def server(self, *words):
        server = Server(*words)
        self.addCleanup(server.close)
        return server

    def crowd(self, server, body, *headers, count=8):
        """The bodies of as many identical requests at once, and how many jobs they took."""
        before = server.metrics()["millrace_requests_total"]
        replies = [RawReply(server.port, body, *headers) for _ in range(count)]
        bodies = [reply.read().body for reply in replies]
        return bodies, server.metrics()["millrace_requests_total"] - before

    def test_by_the_configuration(self):
        server = self.server("--single-flight", "on")
        bodies, jobs = self.crowd(server, self.BODY)
        self.assertEqual((len(set(bodies)), jobs), (1, 1))
        bodies, jobs = self.crowd(server, {**self.BODY, "temperature": 1, "seed": 7})
        self.assertEqual((len(set(bodies)), jobs), (1, 1))
        self.assertEqual(self.crowd(server, {**self.BODY, "temperature": 1})[1], 8)
        self.assertEqual(self.crowd(server, self.BODY, "x-millrace-single-flight: false")[1], 8)

    def test_by_a_header_and_else_not(self):
        server = self.server()
        self.assertEqual(self.crowd(server, self.BODY)[1], 8)
        self.assertEqual(self.crowd(server, self.BODY, "x-millrace-single-flight: true")[1], 1)
        reply = RawReply(server.port, self.BODY, "x-millrace-single-flight: yes").read()
        self.assertEqual(reply.status, 400)

    def test_by_tenant_and_never_across_keys(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "config.json"
            names = ("shares-1", "shares-2", "not")
            keys = [f"sha256:{hashlib.sha256(name.encode()).hexdigest()}" for name in names]
            tenants = {"shares": {"keys": keys[:2], "single_flight": True}, "not": {"keys": keys[2:]}}
            path.write_text(json.dumps({"tenants": tenants}))
            server = self.server("--config", path)
        counts = [self.crowd(server, self.BODY, f"Authorization: Bearer {name}")[1] for name in names]
        self.assertEqual(counts, [1, 1, 8])

    def test_whoever_leaves_only_leaves_and_the_last_ends_the_job(self):
        server = self.server("--single-flight", "on")
        body = {**self.BODY, "max_tokens": 1900}
        replies = [RawReply(server.port, body).read(upto=300) for _ in range(3)]
        for reply in replies[:2]:
            reply.close()
        replies[2].read(upto=20_000)
        self.assertEqual(server.metrics()["millrace_edge_jobs"], 1)
        replies[2].close()
        until(lambda: not server.metrics()["millrace_edge_jobs"], "the job ends", tries=40)


class OtherEdges(unittest.TestCase):
    """A retry finds its first try at whichever edge it comes to."""

    def setUp(self):
        self.fleet = WideFleet("ipc", workers=2)
        self.addCleanup(self.fleet.close)
        self.ports = [edge.port for edge in self.fleet.edges]

    def test_a_stream_goes_on_at_another_edge_when_its_edge_is_killed(self):
        body = chat_body(**LONG)
        cut = RawReply(self.ports[0], body, key("killed")).read(upto=3000)
        self.fleet.edges[0].program.kill()
        whole = RawReply(self.ports[1], body, key("killed")).read()
        self.assertEqual(whole.header("x-request-id"), cut.header("x-request-id"))
        events = cut.events()[:-1]
        self.assertGreater(len(events), 3)
        self.assertEqual(whole.events()[: len(events)], events)
        self.assertEqual(whole.events()[-1], b"data: [DONE]")
        again = RawReply(self.ports[1], body, key("killed")).read()
        self.assertEqual(again.body, whole.body)

    def test_a_stream_goes_on_at_its_own_edge_in_its_next_life(self):
        body = chat_body(**LONG)
        cut = RawReply(self.ports[0], body, key("next")).read(upto=3000)
        edge = self.fleet.edges[0]
        edge.program.kill()
        self.fleet.replace(edge.program, edge.start)
        until(edge.is_ready, "the edge is back", pause=0.02)
        whole = RawReply(self.ports[0], body, key("next")).read()
        events = cut.events()[:-1]
        self.assertEqual(whole.events()[: len(events)], events)
        self.assertEqual(whole.header("x-request-id"), cut.header("x-request-id"))

    def test_a_stream_goes_on_at_another_edge_though_the_coordinator_began_anew(self):
        body = chat_body(**{**LONG, "max_tokens": 1500})
        cut = RawReply(self.ports[0], body, key("anew")).read(upto=1000)
        self.fleet.coordinator.kill()
        self.fleet.replace(self.fleet.coordinator, self.fleet.start_coordinator)
        self.fleet.until_home()
        cut.read(upto=len(cut.body) + 1000).close()
        whole = RawReply(self.ports[1], body, key("anew")).read()
        events = cut.events()[:-1]
        self.assertEqual(whole.events()[: len(events)], events)
        self.assertEqual(whole.header("x-request-id"), cut.header("x-request-id"))

    def test_a_whole_reply_of_each_api_is_found_at_another_edge(self):
        for path in CHAT, "/v1/messages", "/v1/completions":
            with self.subTest(path=path):
                body = {"model": "demo", "max_tokens": 400, "temperature": 1, "ignore_eos": True}
                body.update({"prompt": "a story"} if path == "/v1/completions" else {"messages": STORY})
                first = RawReply(self.ports[0], body, key("whole"), path=path)
                until(lambda: self.fleet.edges[0].metrics()["millrace_edge_jobs"], "it has begun")
                first.close()
                second = RawReply(self.ports[1], body, key("whole"), path=path).read()
                self.assertEqual((second.status, second.header("x-millrace-joined")), (200, "key"))
                metrics = self.fleet.edges[1].metrics()
                self.assertGreaterEqual(metrics['millrace_requests_joined_total{by="key"}'], 1)

    def test_a_finished_reply_is_found_for_ten_seconds(self):
        body = chat_body(max_tokens=40, temperature=1)
        first = RawReply(self.ports[0], body, key("done")).read()
        second = RawReply(self.ports[1], body, key("done")).read()
        self.assertEqual(second.events(), first.events())

    def test_another_body_is_refused_there_too(self):
        body = chat_body(max_tokens=300, ignore_eos=True)
        first = RawReply(self.ports[0], body, key("other")).read(upto=500)
        second = RawReply(self.ports[1], {**body, "max_tokens": 301}, key("other")).read()
        self.assertEqual(second.status, 422, second.body)
        self.assertTrue(first.read().body.endswith(b"data: [DONE]\n\n"))

    def test_somebody_elses_key_runs_its_own_job(self):
        body = chat_body(max_tokens=100, temperature=1)
        replies = [
            RawReply(port, body, key("mine"), f"Authorization: Bearer {owner}").read()
            for port, owner in zip(self.ports, ("one", "two"))
        ]
        self.assertEqual([reply.status for reply in replies], [200, 200])
        self.assertNotEqual(replies[0].header("x-request-id"), replies[1].header("x-request-id"))

    def test_whoever_asks_last_goes_on_and_the_other_is_told_to_ask_again(self):
        body = {**chat_body(max_tokens=600, ignore_eos=True, temperature=1), "stream": False}
        replies = {}

        def ask(name, port):
            replies[name] = RawReply(port, body, key("both")).read()

        first = threading.Thread(target=ask, args=("first", self.ports[0]))
        first.start()
        until(lambda: self.fleet.edges[0].metrics()["millrace_edge_jobs"], "it has begun")
        ask("second", self.ports[1])
        first.join()
        self.assertEqual(replies["second"].status, 200)
        self.assertEqual(replies["first"].status, 409, replies["first"].body)
        ask("third", self.ports[0])
        self.assertEqual(json.loads(replies["third"].body), json.loads(replies["second"].body))
