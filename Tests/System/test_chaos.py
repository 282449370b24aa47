"""Faults of every kind at a fleet under load: every answer stays exact, and nothing is left behind.

MILLRACE_EVENTS is the number of faults (15), MILLRACE_SEED draws them (1).
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from program import BINARY, ROOT

SCRIPTS = ROOT / "scripts" / "fleets"
sys.path.insert(0, str(SCRIPTS))
from answers import Answer, deviations  # noqa: E402

EVENTS = os.environ.get("MILLRACE_EVENTS", "15")
SEED = os.environ.get("MILLRACE_SEED", "1")


class Chaos(unittest.TestCase):
    def run_with(self, *words):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "findings.json"
            command = [sys.executable, SCRIPTS / "chaos.py", "--binary", BINARY, "--quick", "--silent"]
            command += ["--seed", SEED, "--events", EVENTS, "--json", path, *words]
            done = subprocess.run(
                list(map(str, command)), capture_output=True, text=True, timeout=600, check=False
            )
            self.assertTrue(path.exists(), done.stderr[-4000:])
            findings = json.loads(path.read_text())
        self.assertEqual(findings["violations"], [], done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return findings

    def test_changes_no_answer(self):
        findings = self.run_with()
        streams = findings["streams"]
        self.assertEqual(findings["events"], int(EVENTS))
        self.assertGreater(streams["answered"], 0)
        waits = [figures["streams"]["max"] for figures in findings["recovery"].values() if figures["streams"]]
        print(
            f"{findings['events']} faults, {streams['answered']} answers exact, "
            f"{findings['jobs_lost_by_workers']} went on elsewhere, longest wait {max(waits, default=0)} s; ",
            end="",
        )

    def test_changes_no_answer_behind_locks(self):
        self.run_with("--locked", "--events", "6", "--workers", "2")


class TheCheck(unittest.TestCase):
    """What compares answers sees every way in which one can be wrong."""

    def answer(self, tokens):
        answer = Answer()
        for token in tokens:
            answer.add((0, "content"), token)
        answer.add_tokens(0, [(token, -0.5) for token in tokens])
        answer.ends[0] = "length"
        answer.completion_tokens = len(tokens)
        return answer

    def test_tells_what_is_lost_doubled_and_changed(self):
        right = ["a", "lane", "is", "a", "queue"]
        for wrong, kind in (
            (["a", "lane", "a", "queue"], "lost"),
            (["a", "lane", "is", "is", "a", "queue"], "duplicated"),
            (["a", "lane", "was", "a", "queue"], "altered"),
            (["a", "lane", "a", "is", "queue"], "altered"),
        ):
            with self.subTest(kind=kind):
                found = deviations(self.answer(wrong), self.answer(right), is_whole=True)
                self.assertEqual({deviation["kind"] for deviation in found}, {kind})
        self.assertEqual(deviations(self.answer(right), self.answer(right), is_whole=True), [])

    def test_takes_a_beginning_for_right_only_where_the_rest_could_not_come(self):
        right, part = self.answer(["a", "lane"]), self.answer(["a"])
        self.assertEqual(deviations(part, right, is_whole=False), [])
        self.assertNotEqual(deviations(part, right, is_whole=True), [])
        self.assertNotEqual(deviations(self.answer(["b"]), right, is_whole=False), [])

    def test_sees_another_end_and_another_likelihood(self):
        right, other = self.answer(["a"]), self.answer(["a"])
        other.ends[0] = "stop"
        self.assertNotEqual(deviations(other, right, is_whole=True), [])
        other = self.answer(["a"])
        other.tokens[0] = [("a", -0.25)]
        self.assertNotEqual(deviations(other, right, is_whole=True), [])


if __name__ == "__main__":
    unittest.main()
