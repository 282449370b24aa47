"""`millrace bench` in every form that takes seconds: the figures make sense, and nothing is said of speed."""

import json
import pathlib
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

from program import BINARY, DEMO_MODEL, Server


class ABench(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def bench(self, *words, sent="", status=0):
        """What it prints, and the JSON that it writes."""
        path = self.folder / "figures.json"
        words = [BINARY, "bench", *map(str, words)]
        if not sent:
            # What stands behind the dashes is for the server.
            end = words.index("--") if "--" in words else len(words)
            words[end:end] = ["--json", str(path)]
        done = subprocess.run(words, input=sent, capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        return done.stdout, json.loads(path.read_text()) if path.exists() else None

    def check_drawing(self, path):
        texts = [element.text for element in xml.etree.ElementTree.parse(path).iter() if element.text]
        self.assertIn("tokens per second", texts)

    def test_of_the_engine_has_every_measurement(self):
        words = ["--prefill", "40,64", "--decode", 4, "--streams", "1,3", "--depth", "0,32", "--rounds", 2]
        text, figures = self.bench("engine", DEMO_MODEL, *words, "--", "--chunk", 32)
        self.assertIn("decode, 3 streams at depth 32", text)
        found = figures["measurements"]
        self.assertEqual([entry.get("prefill") for entry in found[:2]], [40, 64])
        shapes = [(entry["streams"], entry["depth"]) for entry in found[2:]]
        self.assertEqual(shapes, [(1, 0), (3, 0), (1, 32), (3, 32)])
        for entry in found:
            self.assertEqual(len(entry["samples"]), 2)
            for sample in entry["samples"]:
                wanted = entry.get("prefill") or 4 * entry["streams"]
                self.assertGreaterEqual(sample["tokens"], wanted)
                self.assertGreater(sample["tokens_per_second"], 0)
        self.assertGreater(figures["rss_bytes"], 0)
        self.assertGreaterEqual(figures["first_token_seconds"], figures["ready_seconds"])

    def test_of_the_engine_answers_lines(self):
        sent = '{"prefill":20}\n{"decode":2,"streams":2,"depth":8}\nnonsense\n{"decode":1,"depth":99999}\n'
        text, _ = self.bench("engine", DEMO_MODEL, "--lines", sent=sent)
        facts, prefill, decode, *errors = [json.loads(line) for line in text.splitlines()]
        self.assertIn("ready_seconds", facts)
        self.assertEqual(prefill["tokens"], 20)
        self.assertGreaterEqual(decode["tokens"], 4)
        self.assertEqual(len([answer for answer in errors if "error" in answer]), 2)

    def test_draws_a_curve(self):
        drawing = self.folder / "curve.svg"
        words = ["--streams", "1,2", "--depth", "32,64,99999", "--decode", 2, "--rounds", 1]
        _, figures = self.bench("curve", DEMO_MODEL, *words, "--plot", drawing)
        self.assertEqual([entry["depth"] for entry in figures["contexts"]], [32, 64])
        self.check_drawing(drawing)

    def test_loads_a_server(self):
        server = Server()
        self.addCleanup(server.close)
        drawing = self.folder / "load.svg"
        words = ["--url", server.url, "--prompt-tokens", 60, "--max-tokens", 5, "--shared", 50]
        text, figures = self.bench(*words, "--clients", "1,3", "--requests", 3, "--plot", drawing)
        self.assertIn("tokens/s", text)
        for entry, clients in zip(figures["measurements"], (1, 3)):
            self.assertEqual(entry["requests"], 3 * clients)
            self.assertEqual(entry["errors"], 0)
            self.assertEqual(entry["completion_tokens"], 15 * clients)
            self.assertLess(abs(entry["prompt_tokens"] / (3 * clients) - 60), 20)
            self.assertGreaterEqual(entry["ttft_us"]["max"], entry["ttft_us"]["p50"])
        self.check_drawing(drawing)

        for workload, kinds in (
            ("chat", None),
            ("long", {"long", "short"}),
            ("lanes", {"high", "normal", "low"}),
            ("agents", {"first turn", "later turns"}),
        ):
            with self.subTest(workload=workload):
                words = ["--workload", workload, "--clients", "1,4", "--requests", 5, "--check", "--seed", 5]
                words += ["--url", server.url, "--url", server.url]
                text, figures = self.bench(*words, "--prompt-tokens", 40, "--max-tokens", 4)
                self.assertIn(f"({workload})", text)
                self.assertGreater(figures["check"]["compared"], 10)
                self.assertEqual(figures["check"]["different"], 0)
                last = figures["measurements"][-1]
                self.assertEqual(set(last.get("by_kind", {})), kinds or set())
                self.assertGreater(last["cached_tokens"], 0)
                for found in last.get("by_kind", {}).values():
                    self.assertGreaterEqual(found["ttft_us"]["p99"], found["ttft_us"]["p50"])

        _, refused = self.bench("--url", server.url, "--clients", 2, "--prompt-tokens", 9000, status=1)
        self.assertEqual(refused["measurements"][0]["errors"], 4)
        self.assertIn("400", refused["measurements"][0]["first_error"])
