"""The prefix cache as clients see it: what was computed once is not computed again, and usage says so."""

import json
import pathlib
import tempfile
import unittest

from program import DEMO_MODEL, Program, Server, free_port

SYSTEM = {"role": "system", "content": "You answer in one short sentence. " * 12}


def conversation(question, **fields):
    """The fields of a chat request that begins like all others here."""
    return {
        "messages": [SYSTEM, {"role": "user", "content": question}],
        "temperature": 0,
        "max_tokens": 8,
        **fields,
    }


def cached(reply):
    return reply["usage"]["prompt_tokens_details"]["cached_tokens"]


class PrefixCache(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--block", 16)
        cls.addClassCleanup(cls.server.close)

    def test_reuses_the_common_beginning_and_says_so_to_openai_clients(self):
        first = self.server.chat(**conversation("What is the sea?"))
        again = self.server.chat(**conversation("What is the sea?"))
        other = self.server.chat(**conversation("How tall is a tree?"))
        self.assertEqual(first["choices"], again["choices"])
        # All but the last token, which is computed for what comes behind it.
        self.assertEqual(cached(again), again["usage"]["prompt_tokens"] - 1)
        self.assertGreater(cached(other), 40)
        self.assertLess(cached(other), other["usage"]["prompt_tokens"] - 1)

    def test_says_so_to_anthropic_clients(self):
        body = {
            "model": "demo",
            "max_tokens": 4,
            "system": SYSTEM["content"] + "And kindly.",
            "messages": [{"role": "user", "content": "What is a river?"}],
        }
        usages = []
        for _ in range(2):
            status, _, reply = self.server.ask("POST", "/v1/messages", json.dumps(body))
            self.assertEqual(status, 200, reply)
            usages.append(json.loads(reply)["usage"])
        self.assertEqual(usages[1]["input_tokens"], 1)
        self.assertEqual(
            usages[1]["cache_read_input_tokens"],
            usages[0]["input_tokens"] + usages[0]["cache_read_input_tokens"] - 1,
        )

    def test_shows_what_it_holds(self):
        self.server.chat(**conversation("What is a hill?"))
        self.server.chat(**conversation("What is a hill?"))
        metrics = self.server.metrics()
        self.assertGreater(metrics['millrace_kv_blocks{model="demo",state="cached"}'], 0)
        self.assertGreater(metrics['millrace_reused_tokens_total{model="demo"}'], 0)

    def test_can_be_switched_off(self):
        server = Server("--prefix-cache", "off")
        self.addCleanup(server.close)
        kept = self.server.chat(**conversation("What is the moon?"))
        for _ in range(2):
            reply = server.chat(**conversation("What is the moon?"))
            self.assertEqual(cached(reply), 0)
            self.assertEqual(reply["choices"], kept["choices"])


class Warmup(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "warmup.jsonl"

    def write(self, *lines):
        self.path.write_text("".join(f"{line}\n" for line in lines))

    def test_has_the_first_request_find_its_beginning(self):
        self.write(
            json.dumps({"messages": [SYSTEM, {"role": "user", "content": "Hello"}]}),
            "",
            json.dumps({"prompt": "Once upon a time there was a king who had " * 3, "model": "demo"}),
        )
        server = Server("--warmup", self.path)
        self.addCleanup(server.close)
        self.assertGreater(cached(server.chat(**conversation("What is the sea?"))), 40)

    def test_names_the_line_that_it_cannot_follow(self):
        good = json.dumps({"prompt": "Once upon a time"})
        for line, reason in [
            ("{", "not a JSON object"),
            ("{}", 'either "prompt" or "messages"'),
            ('{"messages":[]}', "messages is empty"),
            ('{"prompt":"a","model":"other"}', "is not served here"),
            ('{"prompt":"a","tenant":7}', "tenant must be"),
            ('{"prompt":"%s"}' % ("word " * 100_000), "tokens"),
        ]:
            with self.subTest(reason):
                self.write(good, line)
                words = ["--port", free_port(), "--warmup", self.path]
                program = Program("serve", "--model", DEMO_MODEL, *words)
                self.addCleanup(program.close)
                self.assertNotEqual(program.wait(), 0)
                self.assertIn(f"{self.path}:2: ", program.said())
                self.assertIn(reason, program.said())

    def test_needs_the_cache_and_the_file(self):
        for words, reason in [
            (["--warmup", self.path], f"{self.path}"),
            (["--warmup", self.path, "--prefix-cache", "off"], "--prefix-cache on"),
        ]:
            program = Program("serve", "--model", DEMO_MODEL, "--port", free_port(), *words)
            self.addCleanup(program.close)
            self.assertNotEqual(program.wait(), 0)
            self.assertIn(reason, program.said())


if __name__ == "__main__":
    unittest.main()
