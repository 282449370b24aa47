"""Texts are scored as evaluation programs ask it."""

import json
import math
import unittest

import openai

from program import DEMO_MODEL
from test_clients import AClient
from test_inspect import inspect

TEXT = "Once upon a time there was a lane, and the lane was free."


class Scoring(AClient):
    """Prompt tokens with how likely they are, in both forms."""

    def complete(self, prompt=TEXT, **fields):
        fields = {"echo": True, "logprobs": 3, "max_tokens": 0, **fields}
        return self.openai.completions.create(model="demo", prompt=prompt, **fields)

    def tokens(self, text):
        body = json.dumps({"content": text})
        return json.loads(self.server.ask("POST", "/tokenize", body)[2])["tokens"]

    def post(self, path, body):
        status, _, reply = self.server.ask("POST", path, json.dumps(body))
        self.assertEqual(status, 200, reply)
        return json.loads(reply)

    def check(self, logprobs, text):
        """What holds for all lists."""
        counts = {len(logprobs.tokens), len(logprobs.token_logprobs), len(logprobs.top_logprobs)}
        self.assertEqual(counts, {len(logprobs.text_offset)})
        self.assertIsNone(logprobs.token_logprobs[0])
        self.assertIsNone(logprobs.top_logprobs[0])
        for place, (token, offset) in enumerate(zip(logprobs.tokens, logprobs.text_offset)):
            if place > 0 and place < len(logprobs.tokens) - 1:
                self.assertTrue(text[offset:].startswith(token), (place, token))
        for value, top in zip(logprobs.token_logprobs[1:], logprobs.top_logprobs[1:]):
            self.assertLessEqual(value, 0)
            self.assertGreaterEqual(max(top.values()), value)

    def test_tells_every_token_of_a_prompt(self):
        choice = self.complete().choices[0]
        self.assertEqual((choice.text, choice.finish_reason), (TEXT, "length"))
        self.check(choice.logprobs, TEXT)
        self.assertEqual(len(choice.logprobs.tokens), len(self.tokens(TEXT)))
        usage = self.complete().usage
        self.assertEqual((usage.completion_tokens, usage.prompt_tokens), (0, len(self.tokens(TEXT))))

    def test_agrees_with_the_models_logits(self):
        ids = self.tokens(TEXT)
        reply = self.complete(prompt=ids, logprobs=5).choices[0].logprobs
        rows = json.loads(inspect("logits", DEMO_MODEL, [{"ids": ids, "positions": "all"}]))["logits"]
        for place in range(1, len(ids)):
            row = rows[place - 1]
            best = max(row)
            whole = best + math.log(sum(math.exp(value - best) for value in row))
            self.assertAlmostEqual(reply.token_logprobs[place], row[ids[place]] - whole, delta=0.05)

    def test_is_the_same_streamed_warm_batched_and_with_an_answer(self):
        alone = self.complete().choices[0].logprobs
        self.assertEqual(self.complete().choices[0].logprobs, alone)
        both = self.complete(prompt=[TEXT, "A lane"], n=2, max_tokens=4, seed=1)
        for choice in both.choices[:2]:
            self.assertEqual(choice.logprobs.token_logprobs[: len(alone.tokens)], alone.token_logprobs)
            self.check(choice.logprobs, choice.text)
        chunks = list(self.complete(max_tokens=4, seed=1, stream=True))
        values = [v for c in chunks if c.choices[0].logprobs for v in c.choices[0].logprobs.token_logprobs]
        self.assertEqual(values, both.choices[0].logprobs.token_logprobs)
        self.assertEqual("".join(chunk.choices[0].text for chunk in chunks), both.choices[0].text)
        plain = self.complete(echo=False, logprobs=None, max_tokens=4, seed=1)
        self.assertEqual(TEXT + plain.choices[0].text, both.choices[0].text)

    def test_serves_an_evaluation_program(self):
        """As lm-evaluation-harness asks, and reads the answer."""
        context, answer = self.tokens("Once upon a"), self.tokens(" time there was")
        reply = self.openai.completions.create(
            model="demo",
            prompt=[context + answer] * 3,
            temperature=0,
            max_tokens=1,
            logprobs=1,
            seed=1234,
            echo=True,
        )
        scores = set()
        for choice in reply.choices:
            values = choice.logprobs.token_logprobs[len(context) : -1]
            self.assertEqual(len(values), len(answer))
            scores.add(sum(values))
            tops = choice.logprobs.top_logprobs[len(context) : -1]
            self.assertTrue(all(value <= max(top.values()) for value, top in zip(values, tops)))
        self.assertEqual(len(scores), 1)

    def test_tells_prompt_logprobs(self):
        body = {"model": "demo", "prompt": TEXT, "max_tokens": 1, "prompt_logprobs": 2}
        reply = self.post("/v1/completions", body)
        told = reply["choices"][0]["prompt_logprobs"]
        ids = self.tokens(TEXT)
        self.assertEqual((len(told), told[0]), (len(ids), None))
        same = self.complete().choices[0].logprobs.token_logprobs
        for place, table in enumerate(told[1:], 1):
            own = table[str(ids[place])]
            self.assertEqual(own["logprob"], same[place])
            self.assertTrue(2 <= len(table) <= 3 and own["rank"] >= 1)
            self.assertEqual({entry["rank"] for entry in table.values()} >= {1, 2}, True)
        self.assertFalse(reply["choices"][0]["text"].startswith("Once"))
        chat = {"model": "demo", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 2}
        whole = self.post("/v1/chat/completions", chat | {"prompt_logprobs": 0, "n": 2})
        self.assertEqual(len(whole["prompt_logprobs"]), whole["usage"]["prompt_tokens"])
        for more in ({"stream": True}, {"prompt_logprobs": 21}):
            with self.assertRaises(openai.BadRequestError):
                self.openai.completions.create(
                    model="demo", prompt="x", extra_body={"prompt_logprobs": 1, **more}
                )

    def test_scores_long_prompts_beside_others(self):
        long = self.tokens(TEXT) * 12
        alone = self.complete(prompt=long, logprobs=1).choices[0].logprobs
        stream = self.openai.completions.create(
            model="demo", prompt="A lane", max_tokens=200, stream=True, extra_body={"ignore_eos": True}
        )
        next(stream)
        beside = self.complete(prompt=long, logprobs=1).choices[0].logprobs
        self.assertEqual(beside, alone)
        self.assertEqual(len(alone.tokens), len(long))
        stream.close()


del AClient

if __name__ == "__main__":
    unittest.main()
