"""Vectors and scores of texts, through the official client, with models of the reference data.

The reference data is a folder beside the repository, ../shared/fixtures; without it these tests are skipped.
"""

import array
import asyncio
import base64
import json
import math
import pathlib
import shutil
import tempfile
import unittest

import openai

from program import ROOT, Server

MODELS = ROOT.parent / "shared" / "fixtures" / "models"
CLASSIFIER = ROOT / "Tests" / "TransformerTests" / "Fixtures" / "families" / "bert-class"
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "lane", "mill", "river", "stone", "tree", "?"]


def scorer(folder):
    """A classifier without a tokenizer, and one of a few words for it."""
    shutil.copytree(CLASSIFIER, folder, dirs_exist_ok=True)
    special = {"id": "A", "type_id": 0}
    tokenizer = {
        "version": "1.0",
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": special}],
            "pair": [
                {"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                {"Sequence": special},
                {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
                {"Sequence": {"id": "B", "type_id": 1}},
                {"SpecialToken": {"id": "[SEP]", "type_id": 1}},
            ],
            "special_tokens": {
                name: {"id": name, "ids": [WORDS.index(name)], "tokens": [name]} for name in WORDS[1:4]
            },
        },
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {word: index for index, word in enumerate(WORDS)},
            "unk_token": "[UNK]",
        },
    }
    (pathlib.Path(folder) / "tokenizer.json").write_text(json.dumps(tokenizer))


@unittest.skipUnless(MODELS.exists(), "the reference data is not beside the repository")
class Vectors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-"))
        cls.addClassCleanup(shutil.rmtree, folder)
        scorer(folder / "scorer")
        cls.server = Server("--model", MODELS / "bert-embed-tiny", "--model", folder / "scorer")
        cls.addClassCleanup(cls.server.close)
        cls.client = openai.OpenAI(api_key="none", base_url=f"{cls.server.url}/v1", max_retries=0)
        cls.addClassCleanup(cls.client.close)
        reference = json.loads((MODELS / "bert-embed-tiny" / "expected.json").read_text())
        data = (MODELS / "bert-embed-tiny" / reference["data_file"]).read_bytes()
        cls.texts = [case["text"] for case in reference["cases"]]
        cls.expected = []
        for case in reference["cases"]:
            place = case["embedding"]
            cls.expected.append(array.array("f", data[place["offset"] :][: 4 * place["shape"][0]]))

    def embed(self, given, **fields):
        return self.client.embeddings.create(model="bert-embed-tiny", input=given, **fields)

    def post(self, path, **body):
        status, _, reply = self.server.ask("POST", path, json.dumps(body))
        return status, json.loads(reply)

    def test_are_those_of_the_reference(self):
        reply = self.embed(self.texts)
        self.assertEqual([item.index for item in reply.data], list(range(len(self.texts))))
        for item, expected in zip(reply.data, self.expected):
            self.assertLess(max(abs(a - b) for a, b in zip(item.embedding, expected)), 1e-4)
        self.assertEqual(reply.usage.total_tokens, reply.usage.prompt_tokens)
        alone = self.embed(self.texts[0])
        self.assertEqual(alone.data[0].embedding, reply.data[0].embedding)

    def test_are_the_same_for_an_asynchronous_client(self):
        async def embed():
            words = {"api_key": "none", "base_url": f"{self.server.url}/v1", "max_retries": 0}
            async with openai.AsyncOpenAI(**words) as client:
                asked = [client.embeddings.create(model="bert-embed-tiny", input=text) for text in self.texts]
                return [reply.data[0].embedding for reply in await asyncio.gather(*asked)]

        self.assertEqual(asyncio.run(embed()), [item.embedding for item in self.embed(self.texts).data])

    def test_come_as_numbers_or_bytes(self):
        _, numbers = self.post("/v1/embeddings", model="bert-embed-tiny", input="a lane")
        _, text = self.post(
            "/v1/embeddings", model="bert-embed-tiny", input="a lane", encoding_format="base64"
        )
        unpacked = array.array("f", base64.b64decode(text["data"][0]["embedding"]))
        self.assertEqual(array.array("f", numbers["data"][0]["embedding"]), unpacked)
        self.assertEqual(numbers["usage"], text["usage"])

    def test_may_be_cut(self):
        whole = self.embed("a lane").data[0].embedding
        short = self.embed("a lane", dimensions=8).data[0].embedding
        length = math.sqrt(sum(number * number for number in whole[:8]))
        for made, number in zip(short, whole):
            self.assertAlmostEqual(made, number / length, places=5)
        self.assertAlmostEqual(sum(number * number for number in short), 1, places=5)
        with self.assertRaises(openai.BadRequestError) as caught:
            self.embed("a lane", dimensions=5000)
        self.assertIn("dimensions is 5000", caught.exception.body["message"])

    def test_are_made_of_tokens_too(self):
        _, tokens = self.post("/tokenize", model="bert-embed-tiny", prompt="a lane")
        by_text = self.embed("a lane").data[0].embedding
        self.assertEqual(self.embed(tokens["tokens"]).data[0].embedding, by_text)
        self.assertEqual([item.embedding for item in self.embed([tokens["tokens"]] * 2).data], [by_text] * 2)

    def test_are_refused_by_name(self):
        for fields, word in (
            ({"input": ""}, None),
            ({"input": []}, "input"),
            ({"input": "lane " * 5000}, "tokens"),
            ({"input": "a", "encoding_format": "int8"}, "encoding_format"),
        ):
            status, reply = self.post("/v1/embeddings", model="bert-embed-tiny", **fields)
            if word is None:
                self.assertIn(status, (200, 400))
                continue
            self.assertEqual(status, 400, reply)
            self.assertIn(word, reply["error"]["message"])
        status, _ = self.post(
            "/v1/embeddings", model="bert-embed-tiny", input="lane " * 5000, truncate_prompt_tokens=1
        )
        self.assertEqual(status, 200)

    def test_need_a_model_that_makes_them(self):
        status, reply = self.post("/v1/embeddings", model="demo", input="a")
        self.assertEqual(status, 400, reply)
        self.assertIn("writes text", reply["error"]["message"])
        status, reply = self.post("/v1/completions", model="bert-embed-tiny", prompt="a")
        self.assertEqual(status, 400, reply)
        self.assertIn("vectors", reply["error"]["message"])

    def test_ranks_documents(self):
        documents = ["a river", {"text": "a stone"}, "tree tree mill", "lane ?"]
        status, ranked = self.post("/v1/rerank", model="scorer", query="a mill ?", documents=documents)
        self.assertEqual(status, 200, ranked)
        scores = [result["relevance_score"] for result in ranked["results"]]
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertEqual({result["index"] for result in ranked["results"]}, {0, 1, 2, 3})
        for result in ranked["results"]:
            document = documents[result["index"]]
            text = document if isinstance(document, str) else document["text"]
            self.assertEqual(result["document"]["text"], text)
            self.assertTrue(0 <= result["relevance_score"] <= 1)
        self.assertGreater(ranked["usage"]["total_tokens"], 20)
        for path in ("/rerank", "/v2/rerank"):
            _, best = self.post(path, model="scorer", query="a mill ?", documents=documents, top_n=2)
            self.assertEqual(
                [(result["index"], result["relevance_score"]) for result in best["results"]],
                [(result["index"], result["relevance_score"]) for result in ranked["results"][:2]],
            )
