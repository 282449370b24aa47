"""`millrace inspect` against what other implementations computed, and against itself in every shape of work.

The reference data is a folder beside the repository, ../shared/fixtures; without it these tests are skipped.
Of the 96 shapes of work, MILLRACE_SHAPES (12) are tried for each model, picked by MILLRACE_SEED (1).
"""

import itertools
import json
import os
import random
import struct
import subprocess
import unittest

from program import BINARY, DEMO_MODEL, ROOT

FIXTURES = ROOT.parent / "shared" / "fixtures"
MODELS = ("llama3-tiny", "qwen3-tiny")
TOLERANCE = 2e-4


def inspect(subject, model, lines, *words):
    """The bytes that it writes for some input lines."""
    sent = "".join(json.dumps(line) + "\n" for line in lines).encode()
    words = [BINARY, "inspect", subject, str(model), *map(str, words)]
    done = subprocess.run(words, input=sent, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, f"{' '.join(words)}: {done.returncode} {done.stderr.decode()}"
    return done.stdout


def answers(subject, model, lines, *words):
    written = [json.loads(line) for line in inspect(subject, model, lines, *words).splitlines()]
    assert len(written) == len(lines), f"{len(written)} lines for {len(lines)}"
    return written


def load(*path):
    return json.loads(FIXTURES.joinpath(*path).read_text())


class InAnyShape(unittest.TestCase):
    """Batch, chunk, threads and block change nothing, not even a bit."""

    SHAPES = list(itertools.product((1, 2, 7, 16), (1, 16, 64, 0), (1, 2), (1, 16, 64)))
    COUNT = int(os.environ.get("MILLRACE_SHAPES", "12"))
    chance = random.Random(int(os.environ.get("MILLRACE_SEED", "1")))

    def check(self, model, prompts):
        logits = [{"ids": ids, "positions": "last"} for ids in prompts]
        generate = [
            {
                "ids": ids[:40],
                "max_tokens": 12,
                "ignore_eos": True,
                "seed": index,
                "temperature": 0 if index % 2 == 0 else 1.5,
                "top_p": 0.95,
                "repetition_penalty": 1.1,
            }
            for index, ids in enumerate(prompts)
        ]
        wanted = {}
        shapes = self.chance.sample(self.SHAPES, min(self.COUNT, len(self.SHAPES)))
        for shape in shapes:
            batch, chunk, threads, block = shape
            words = ("--batch", batch, "--chunk", chunk, "--threads", threads, "--block", block)
            for subject, lines in (("logits", logits), ("generate", generate)):
                written = inspect(subject, model, lines, *words)
                with self.subTest(subject=subject, batch=batch, chunk=chunk, threads=threads, block=block):
                    self.assertNotIn(b'"error"', written)
                    self.assertTrue(wanted.setdefault(subject, written) == written, "other bits")
        print(f"{len(shapes)} shapes; ", end="")

    def test_the_demo_model(self):
        # 17 lines, so that no batch comes out even.
        self.check(
            DEMO_MODEL,
            [[(7 * line + 3 * place) % 200 for place in range(line * 3 + 1)] for line in range(17)],
        )

    def test_reference_models(self):
        if not FIXTURES.is_dir():
            self.skipTest(f"there is no {FIXTURES}")
        for model in MODELS:
            prompts = [prompt["ids"] for prompt in load("models", model, "expected.json")["prompts"]]
            self.check(FIXTURES / "models" / model, prompts)


@unittest.skipUnless(FIXTURES.is_dir(), f"there is no {FIXTURES}")
class AgainstReferences(unittest.TestCase):
    """Ids, texts, prompts and logits are those of the reference implementations."""

    def assert_all_equal(self, got, wanted, what):
        """Names the first few that differ, with how many there are."""
        wrong = [(index, a, b) for index, (a, b) in enumerate(zip(got, wanted, strict=True)) if a != b]
        self.assertEqual(wrong[:3], [], f"{len(wrong)} of {len(wanted)} {what} differ")

    def test_tokenize(self):
        for family in ("llama3", "qwen3"):
            with self.subTest(family=family):
                folder = FIXTURES / "tokenizers" / "hf" / family
                cases = load("tokenizers", "hf", family, "expected_encode.json")["cases"]
                for special, key in ((True, "ids_special"), (False, "ids")):
                    lines = [{"text": case["text"], "add_special_tokens": special} for case in cases]
                    got = [answer.get("ids") for answer in answers("tokenize", folder, lines)]
                    self.assert_all_equal(got, [case[key] for case in cases], key)

    def test_detokenize(self):
        for family in ("llama3", "qwen3"):
            with self.subTest(family=family):
                folder = FIXTURES / "tokenizers" / "hf" / family
                cases = load("tokenizers", "hf", family, "expected_decode.json")["cases"]
                lines = [{"ids": case["ids"]} for case in cases]
                got = answers("detokenize", folder, lines)
                self.assert_all_equal(
                    [a.get("text") for a in got], [case["decoded"] for case in cases], "texts"
                )
                self.assert_all_equal(
                    ["".join(a.get("pieces", [])) for a in got], [a["text"] for a in got], "pieces"
                )

    def test_render(self):
        rendered = 0
        for path in sorted((FIXTURES / "chat_templates").glob("*.json")):
            suite = json.loads(path.read_text())
            specials = {
                key: suite[key] for key in ("bos_token", "eos_token") if suite[key] not in (None, "None")
            }
            lines = [{**specials, **case["context"], "now": suite["now"]} for case in suite["cases"]]
            got = answers("render", FIXTURES / "chat_templates" / suite["template"], lines)
            for case, answer in zip(suite["cases"], got, strict=True):
                with self.subTest(template=path.stem, case=case["name"]):
                    if "expected" in case:
                        if case.get("note") != "python_repr":
                            self.assertEqual(answer.get("text"), case["expected"])
                    elif case["explicit"]:
                        self.assertEqual(answer, {"error": case["message"], "raised": True})
                    rendered += 1
        print(f"{rendered} cases; ", end="")

    def test_logits(self):
        largest = 0
        for model in MODELS:
            folder = FIXTURES / "models" / model
            expected = load("models", model, "expected.json")
            stored = (folder / expected["logits_file"]).read_bytes()
            for prompt in expected["prompts"]:
                rows = [("last", prompt["last_logits"])]
                if "all_logits" in prompt:
                    rows.append(("all", prompt["all_logits"]))
                for positions, place in rows:
                    [answer] = answers("logits", folder, [{"ids": prompt["ids"], "positions": positions}])
                    got = (
                        answer["logits"] if positions == "last" else list(itertools.chain(*answer["logits"]))
                    )
                    wanted = struct.unpack_from(f"<{len(got)}f", stored, place["offset"])
                    difference = max(abs(a - b) for a, b in zip(got, wanted, strict=True))
                    largest = max(largest, difference)
                    with self.subTest(model=model, prompt=prompt["name"], positions=positions):
                        self.assertLessEqual(difference, TOLERANCE)
        print(f"largest difference {largest:.1e}; ", end="")

    def test_greedy_ids(self):
        for model in MODELS:
            prompts = load("models", model, "expected.json")["prompts"]
            lines = [{"ids": p["ids"], "max_tokens": len(p["greedy"]), "ignore_eos": True} for p in prompts]
            got = answers("generate", FIXTURES / "models" / model, lines, "--batch", 4)
            for prompt, answer in zip(prompts, got, strict=True):
                # Behind a step that is closer than the tolerance, either token is right.
                close = (i for i, margin in enumerate(prompt["greedy_margin"]) if margin < 2 * TOLERANCE)
                sure = next(close, len(prompt["greedy"]))
                with self.subTest(model=model, prompt=prompt["name"]):
                    self.assertEqual(answer["ids"][:sure], prompt["greedy"][:sure])
                    self.assertEqual(answer["finish_reason"], "length")


class BadLines(unittest.TestCase):
    """A bad line costs its own answer only."""

    def test_give_an_error_each(self):
        lines = [{"ids": [1]}, {"ids": []}, {"ids": [10**9]}, {"ids": "no"}, {}, {"ids": [1]}]
        for subject in ("logits", "generate"):
            got = answers(subject, DEMO_MODEL, lines, "--batch", 4)
            self.assertEqual(
                ["error" in answer for answer in got], [False, True, True, True, True, False], got
            )
            self.assertEqual(got[0], got[-1])

    def test_need_not_be_json(self):
        words = [BINARY, "inspect", "tokenize", str(DEMO_MODEL)]
        sent = b'{"text":"a"}\nnonsense\n[1]\n\xff\xfe\n{"text":"a"}'
        done = subprocess.run(words, input=sent, capture_output=True, timeout=60, check=True)
        got = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(["error" in answer for answer in got], [False, True, True, True, False])
