"""Hostile bodies over every route: each is answered as its API would, and nobody else notices.

The number is MILLRACE_BODIES (20,000; `scripts/fuzz http` sends a million), the seed MILLRACE_SEED (1).
"""

import collections
import json
import os
import re
import time
import unittest

from hostile_requests import HostileRequests
from pipelines import run
from program import Server, until
from test_hostile import Bystander

BODIES = int(os.environ.get("MILLRACE_BODIES", "20000"))
SEED = int(os.environ.get("MILLRACE_SEED", "1"))
MEBIBYTE = 1 << 20
# What was computed is kept as far as that allows; a tenth of a million bodies fills it.
CACHE = "64M"
# Beyond what the server has after a tenth of the bodies.
MEMORY_ROOM = 96 * MEBIBYTE
# A stream's last event, by its name or by what its JSON holds; the OpenAI API's ends in [DONE].
ENDINGS = {
    *("error", "message_stop", "completion"),
    *("response.completed", "response.incomplete", "response.failed"),
}
# An error names a field, a header, or what of the request it is about.
NAMES = re.compile(
    r"(header )?[a-z_][\w.\[\]-]* (is|has|must|cannot|asks|holds|names|ends|needs)\b"
    r"|the (request (body|head|target)|prompts?|text|model|chat template|constraint|line|header|method)\b"
    r"|/\S* takes [A-Z]+( and [A-Z]+)?, not |there is nothing at /|the response |(a|the) chunk"
    r"|no token may come next|prompt is too long"
)


class Bodies(unittest.TestCase):
    """A server with a well-behaved client beside the flood."""

    def setUp(self):
        self.server = Server("--default-model", "demo", "--kv-memory", CACHE)
        self.addCleanup(self.server.close)
        self.statuses = collections.Counter()
        self.wrong = []

    def test_are_answered_and_disturb_nobody(self):
        start = time.monotonic()
        resident = 0
        with Bystander(self.server.port) as bystander:
            requests = HostileRequests(SEED)
            for number, (request, answer) in enumerate(run(self.server.port, requests, BODIES)):
                self.judge(request, answer)
                if number == BODIES // 10:
                    resident = self.server.resident_bytes()
                self.assertLess(len(self.wrong), 20, self.told())
        seconds = time.monotonic() - start
        grown = self.server.resident_bytes() - resident
        print(
            f"{BODIES} bodies in {seconds:.1f} s, answered {dict(sorted(self.statuses.items()))}; "
            f"{grown / MEBIBYTE:.0f} MiB more; {bystander.rounds} rounds beside them; ",
            end="",
        )
        self.assertEqual(self.wrong, [], self.told())
        self.assertEqual(bystander.wrong, [])
        self.assertGreater(bystander.rounds, 0)
        self.assertTrue(self.server.is_alive)
        self.assertLess(grown, MEMORY_ROOM)
        until(lambda: self.server.metrics()["millrace_edge_jobs"] == 0, "no job is left")

    def told(self):
        return f"seed {SEED}:\n" + "\n".join(
            f"{request.method} {request.path}: {why}\n  {request.data[:1500]!r}"
            for request, why in self.wrong[:5]
        )

    def judge(self, request, answer):
        """Notes what is wrong with an answer."""
        if answer is None:
            self.statuses["hung up"] += 1
            why = None if request.may_close else "the server hung up"
        else:
            self.statuses[answer.status] += 1
            try:
                why = self.flaw(request, answer)
            except (ValueError, KeyError, TypeError) as error:
                why = f"{answer.status} {answer.body[:300]!r}: {error!r}"
        if why:
            self.wrong.append((request, why))

    def flaw(self, request, answer):
        if request.method == "HEAD":
            return "a body for HEAD" if answer.body else None
        if answer.status >= 500:
            late = answer.status == 504 and request.has_deadline
            if not late and answer.status not in (503, 529):
                return f"{answer.status}: {answer.body[:300]!r}"
        kind = answer.field(b"content-type") or ""
        if answer.status < 300:
            return self.flaw_of_reply(kind, answer.body)
        if kind != "application/json":
            return f"{answer.status} with content type {kind!r}"
        return self.flaw_of_error(answer)

    def flaw_of_reply(self, kind, body):
        if kind.startswith("application/json"):
            json.loads(body)
        elif kind.startswith("text/event-stream"):
            text = body.decode()
            ending = text.rstrip("\n").rpartition("\n\n")[2]
            last = ending.rpartition("data: ")[2]
            if last != "[DONE]" and not ENDINGS & {*json.loads(last), *ending.split()}:
                return f"a stream that ends in {ending!r}"
        elif not kind.startswith("text/plain"):
            return f"content type {kind!r}"
        return None

    def flaw_of_error(self, answer):
        body = json.loads(answer.body)
        error = body["error"]
        if body.get("type") == "error":
            shape = set(body) == {"type", "error", "request_id"} and set(error) == {"type", "message"}
            shape = shape and body["request_id"] == answer.field(b"request-id")
        else:
            shape = set(body) == {"error"} and set(error) == {"message", "type", "param", "code"}
            shape = shape and (answer.field(b"x-request-id") or "").startswith("req_")
        if not shape:
            return f"{answer.status} {answer.body[:300]!r} has not the shape of its API"
        if len(error["message"]) > 2000:
            return f"a message of {len(error['message'])} characters"
        if answer.status < 500 and not error.get("param") and not NAMES.match(error["message"]):
            return f"{answer.status} names nothing: {error['message'][:300]}"
        return None
