"""Answers held to a shape: what the demo model says at a high temperature, judged by `jsonschema`.

MILLRACE_ANSWERS is how many answers each schema is asked for, 4 if nothing says so. The schemas are those of
the reference data where that lies beside the repository, and else those in it.
"""

import http.client
import json
import os
import re
import subprocess
import unittest

import jsonschema

from program import BINARY, HOST, ROOT, Server

ANSWERS = int(os.environ.get("MILLRACE_ANSWERS", "4"))
CHOICES = 4
CASES = json.loads((ROOT / "Tests/ConstraintsTests/Fixtures/schemas.json").read_text())["cases"]
REFERENCE = ROOT.parent / "shared/fixtures/json_schema/schemas.json"
ALL_CASES = json.loads(REFERENCE.read_text())["cases"] if REFERENCE.exists() else CASES
QUESTION = [{"role": "user", "content": "what is a lane?"}]


class ConstrainedAnswers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)

    def post(self, path="/v1/chat/completions", **fields):
        body = {"model": "demo", "messages": QUESTION, "max_tokens": 200, "temperature": 1.5, **fields}
        # A model that says anything at all does not come to the end of a thought.
        body["thinking" if "messages" in path else "reasoning_effort"] = (
            {"type": "disabled"} if "messages" in path else "none"
        )
        connection = http.client.HTTPConnection(HOST, self.server.port, timeout=60)
        self.addCleanup(connection.close)
        connection.request("POST", path, json.dumps(body), {"content-type": "application/json"})
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read())

    def test_satisfy_their_schemas(self):
        whole = asked = 0
        for case in ALL_CASES:
            shape = {"type": "json_schema", "json_schema": {"name": "x", "schema": case["schema"]}}
            validator = jsonschema.Draft202012Validator(case["schema"])
            for seed in range((ANSWERS + CHOICES - 1) // CHOICES):
                wanted = {"n": CHOICES, "seed": seed}
                status, reply = self.post(response_format=shape, **wanted)
                self.assertEqual(status, 200, reply)
                asked += CHOICES
                for choice in reply["choices"]:
                    if choice["finish_reason"] == "length":
                        continue
                    whole += 1
                    with self.subTest(case["name"], seed=seed, index=choice["index"]):
                        validator.validate(json.loads(choice["message"]["content"]))
        print(f"{len(ALL_CASES)} schemas: {whole} of {asked} answers came to their end", flush=True)
        self.assertGreater(whole, asked // 2)

    def test_match_regexes_choices_and_grammars(self):
        for field, value, pattern in (
            ("guided_regex", r"[a-z]{3}-\d{2}", r"[a-z]{3}-\d{2}"),
            ("guided_choice", ["yes", "no"], "yes|no"),
            ("grammar", 'root ::= "<" [a-c]{2} ">"', "<[a-c]{2}>"),
            ("structured_outputs", {"regex": "a{1,5}b"}, "a{1,5}b"),
        ):
            _, reply = self.post(seed=1, **{field: value})
            self.assertRegex(reply["choices"][0]["message"]["content"], re.compile(f"^({pattern})$"), field)

    def test_tell_how_likely_every_token_was(self):
        # The constraint ends the answer behind its last token, which belongs to it.
        _, reply = self.post(guided_choice=["yes please", "no"], logprobs=True, n=4, seed=5)
        for choice in reply["choices"]:
            self.assertEqual(choice["finish_reason"], "stop")
            tokens = choice["logprobs"]["content"]
            self.assertEqual("".join(token["token"] for token in tokens), choice["message"]["content"])

    def test_answer_in_anthropics_words(self):
        shape = {"format": {"type": "json_schema", "schema": {"enum": ["a", "b"]}}}
        _, reply = self.post("/v1/messages", output_config=shape, temperature=1)
        self.assertIn(json.loads(reply["content"][0]["text"]), ("a", "b"))

    def test_are_refused_by_name(self):
        status, reply = self.post(guided_json={"if": {}})
        self.assertEqual((status, reply["error"]["param"]), (400, "guided_json"))
        self.assertIn('"if"', reply["error"]["message"])


class Inspection(unittest.TestCase):
    def test_accepts_what_is_valid_and_nothing_else(self):
        lines, expected = [], []
        for case in CASES:
            for kind in ("valid", "invalid"):
                for value in case[kind]:
                    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=2)):
                        lines.append(json.dumps({"schema": case["schema"], "text": text}))
                        expected.append({"accepted": kind == "valid"})
        done = subprocess.run(
            [BINARY, "inspect", "accepts"],
            input="\n".join(lines).encode(),
            capture_output=True,
            timeout=120,
            check=True,
        )
        for line, wanted, answer in zip(lines, expected, done.stdout.splitlines(), strict=True):
            self.assertEqual(json.loads(answer), wanted, line)


if __name__ == "__main__":
    unittest.main()
