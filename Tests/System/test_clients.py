"""The official client libraries, and plain HTTP, against one server."""

import asyncio
import http.client
import json
import unittest

import anthropic
import openai

from program import HOST, Server
from stream import STORY, Stream, chat_body

# Past the model's own recommendation, for the demo model else says what it always says.
HOT = {"temperature": 2, "top_p": 1, "extra_body": {"top_k": 0}}
QUESTION = [{"role": "user", "content": "what is a lane?"}]


class AClient(unittest.TestCase):
    """Shared by the suites below: one server for all tests of a suite."""

    server_words = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.server_words)
        cls.addClassCleanup(cls.server.close)
        cls.openai = openai.OpenAI(api_key="none", base_url=f"{cls.server.url}/v1", max_retries=0)
        cls.addClassCleanup(cls.openai.close)
        cls.anthropic = anthropic.Anthropic(api_key="none", base_url=cls.server.url, max_retries=0)
        cls.addClassCleanup(cls.anthropic.close)


class OpenAIChat(AClient):
    """The `openai` library's chat completions."""

    def create(self, **fields):
        fields = {"model": "demo", "messages": QUESTION, "max_tokens": 60, "seed": 7, **fields}
        return self.openai.chat.completions.create(**fields)

    def streamed(self, **fields):
        return list(self.create(stream=True, **fields))

    def test_answers_whole(self):
        reply = self.create()
        self.assertEqual((reply.object, reply.model), ("chat.completion", "demo"))
        self.assertTrue(reply.id.startswith("chatcmpl-"))
        choice = reply.choices[0]
        self.assertEqual(choice.message.role, "assistant")
        self.assertTrue(choice.message.content)
        self.assertIn(choice.finish_reason, ("stop", "length"))
        self.assertGreater(reply.usage.prompt_tokens, 0)
        self.assertEqual(reply.usage.total_tokens, reply.usage.prompt_tokens + reply.usage.completion_tokens)

    def test_streams_what_it_answers_whole(self):
        whole = self.create().choices[0]
        chunks = self.streamed()
        self.assertEqual(chunks[0].choices[0].delta.role, "assistant")
        self.assertEqual(
            "".join(chunk.choices[0].delta.content or "" for chunk in chunks), whole.message.content
        )
        self.assertEqual(
            [c.choices[0].finish_reason for c in chunks if c.choices[0].finish_reason], [whole.finish_reason]
        )
        self.assertEqual(len({chunk.id for chunk in chunks}), 1)
        self.assertTrue(all(chunk.usage is None for chunk in chunks))
        self.assertGreater(len(chunks), 10)

    def test_streams_usage_last_if_asked(self):
        whole = self.create()
        chunks = self.streamed(stream_options={"include_usage": True})
        self.assertEqual(chunks[-1].choices, [])
        self.assertEqual(chunks[-1].usage, whole.usage)
        self.assertTrue(all(chunk.usage is None for chunk in chunks[:-1]))

    def test_streams_through_the_librarys_helper(self):
        with self.openai.chat.completions.stream(
            model="demo", messages=QUESTION, max_tokens=40, seed=7
        ) as stream:
            kinds = {event.type for event in stream}
            final = stream.get_final_completion()
        self.assertTrue({"chunk", "content.delta", "content.done"} <= kinds, kinds)
        self.assertEqual(
            final.choices[0].message.content, self.create(max_tokens=40).choices[0].message.content
        )

    def test_gives_several_choices(self):
        ask = {"n": 2, **HOT, "messages": STORY}
        whole = self.create(**ask)
        self.assertEqual([choice.index for choice in whole.choices], [0, 1])
        first, second = (choice.message.content for choice in whole.choices)
        self.assertNotEqual(first, second)
        texts = ["", ""]
        for chunk in self.streamed(**ask):
            for choice in chunk.choices:
                texts[choice.index] += choice.delta.content or ""
        self.assertEqual(texts, [first, second])
        self.assertEqual(self.create(**{**ask, "n": 1}).choices[0].message.content, first)

    def test_repeats_itself_under_a_seed_only(self):
        def text(**fields):
            return self.create(messages=STORY, **HOT, **fields).choices[0].message.content

        self.assertEqual(text(seed=3), text(seed=3))
        self.assertNotEqual(text(seed=3), text(seed=4))
        self.assertNotEqual(text(seed=None), text(seed=None))

    def test_stops_before_a_stop_text(self):
        whole = self.create(messages=STORY, temperature=0).choices[0].message.content
        stop = whole[30:42]
        reply = self.create(messages=STORY, temperature=0, stop=stop).choices[0]
        self.assertEqual((reply.message.content, reply.finish_reason), (whole[: whole.index(stop)], "stop"))
        chunks = self.streamed(messages=STORY, temperature=0, stop=["never said", stop])
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        self.assertEqual(text, reply.message.content)

    def test_obeys_max_tokens(self):
        for fields in ({"max_tokens": 5}, {"max_tokens": 50, "max_completion_tokens": 5}):
            reply = self.create(messages=STORY, **fields)
            self.assertEqual((reply.usage.completion_tokens, reply.choices[0].finish_reason), (5, "length"))

    def test_ends_at_the_models_context(self):
        reply = self.create(messages=STORY, max_tokens=None, temperature=0, extra_body={"ignore_eos": True})
        self.assertEqual(reply.choices[0].finish_reason, "length")
        self.assertEqual(
            reply.usage.total_tokens, self.server.ask_json("/v1/models")["data"][0]["max_model_len"]
        )

    def test_completes_plain_text(self):
        def complete(**fields):
            # Past the model's own end, so that the limit alone decides.
            fields |= {"max_tokens": 20, "seed": 1, "extra_body": {"ignore_eos": True}}
            return self.openai.completions.create(model="demo", **fields)

        reply = complete(prompt="Once upon a time")
        self.assertEqual((reply.object, reply.usage.completion_tokens), ("text_completion", 20))
        chunks = list(complete(prompt="Once upon a time", stream=True))
        self.assertEqual("".join(chunk.choices[0].text for chunk in chunks), reply.choices[0].text)
        both = complete(prompt=["Once upon a time", "A lane"], n=2)
        self.assertEqual([choice.index for choice in both.choices], [0, 1, 2, 3])
        self.assertEqual(both.choices[0].text, reply.choices[0].text)
        self.assertTrue(complete(prompt=[1, 2, 3]).choices[0].text is not None)
        for prompt in ("Once upon a time", self.tokens("Once upon a time")):
            echoed = complete(prompt=prompt, echo=True).choices[0].text
            self.assertEqual(echoed, "Once upon a time" + complete(prompt=prompt).choices[0].text)
        best = complete(prompt="A lane", best_of=4, temperature=2, top_p=1).choices
        every = complete(prompt="A lane", n=4, temperature=2, top_p=1, logprobs=0).choices
        means = [sum(choice.logprobs.token_logprobs) / 20 for choice in every]
        self.assertEqual([choice.text for choice in best], [every[means.index(max(means))].text])
        likely = complete(prompt="Once upon a time", logprobs=2).choices[0]
        self.assertEqual("".join(likely.logprobs.tokens), likely.text)
        self.assertEqual(likely.logprobs.text_offset[:2], [0, len(likely.logprobs.tokens[0])])
        self.assertTrue(all(2 <= len(top) <= 3 for top in likely.logprobs.top_logprobs))

    def tokens(self, text):
        body = json.dumps({"content": text, "add_special": False})
        return json.loads(self.server.ask("POST", "/tokenize", body)[2])["tokens"]

    def test_lists_models(self):
        self.assertEqual([model.id for model in self.openai.models.list()], ["demo"])
        self.assertEqual(self.openai.models.retrieve("demo").id, "demo")
        with self.assertRaises(openai.NotFoundError):
            self.openai.models.retrieve("none")

    def test_says_the_tier_that_it_used(self):
        for asked, used in (("priority", "priority"), ("flex", "flex"), ("auto", "default")):
            self.assertEqual(self.create(service_tier=asked, max_tokens=2).service_tier, used)
        for lane, used in (("high", "priority"), ("normal", "default"), ("low", "flex")):
            reply = self.create(max_tokens=2, extra_headers={"x-millrace-lane": lane})
            self.assertEqual(reply.service_tier, used)
            chunks = self.streamed(max_tokens=2, extra_headers={"x-millrace-lane": lane})
            self.assertTrue(all(chunk.service_tier == used for chunk in chunks))

    def test_takes_tools_calls_and_results(self):
        tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
        call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
        history = [
            {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
            *QUESTION,
            {"role": "assistant", "content": None, "tool_calls": [call], "reasoning_content": "hm"},
            {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
        ]
        for choice in ("auto", "none"):
            reply = self.create(messages=history, tools=[tool], tool_choice=choice, max_tokens=5)
            self.assertGreater(reply.usage.prompt_tokens, 10)
        image = {"type": "image_url", "image_url": {"url": "data:,"}}
        with self.assertRaises(openai.BadRequestError) as caught:
            self.create(messages=[{"role": "user", "content": [image]}])
        self.assertIn("images", caught.exception.body["message"])

    def test_goes_on_with_the_last_message(self):
        asked = {"temperature": 0, "max_tokens": 30}
        whole = self.create(messages=STORY, **asked).choices[0].message.content
        # Between two words, where the model's own tokens meet too.
        start = whole[: whole.index(" ", 20)]
        begun = [*STORY, {"role": "assistant", "content": start}]
        rest = self.create(messages=begun, extra_body={"continue_final_message": True}, **asked)
        self.assertTrue((start + rest.choices[0].message.content).startswith(whole))

    def test_tells_how_likely_tokens_are(self):
        asked = {"logprobs": True, "top_logprobs": 3, "max_tokens": 8, "messages": STORY}
        whole = self.create(**asked).choices[0]
        content = whole.logprobs.content
        self.assertEqual(len(content), 8)
        self.assertEqual(b"".join(bytes(token.bytes) for token in content).decode(), whole.message.content)
        for token in content:
            self.assertEqual(len(token.top_logprobs), 3)
            self.assertLessEqual(token.logprob, 0)
            ranked = [top.logprob for top in token.top_logprobs]
            self.assertEqual(ranked, sorted(ranked, reverse=True))
        streamed = []
        for chunk in self.streamed(**asked):
            if chunk.choices[0].logprobs:
                streamed += chunk.choices[0].logprobs.content
        self.assertEqual(streamed, content)
        self.assertIsNone(self.create(max_tokens=3).choices[0].logprobs)

    def test_takes_what_other_servers_add(self):
        free = self.create(temperature=0, messages=STORY, max_tokens=20).choices[0].message.content
        word = next(word for word in free.split() if len(word) > 2 and word.isalpha())
        clean = self.create(
            temperature=0, messages=STORY, max_tokens=20, extra_body={"bad_words": [word], "typical_p": 0.9}
        )
        self.assertNotEqual(clean.choices[0].message.content, free)
        stop = free[8:12]
        shown = self.create(
            temperature=0, messages=STORY, stop=stop, extra_body={"include_stop_str_in_output": True}
        )
        self.assertTrue(shown.choices[0].message.content.endswith(stop))
        long = self.create(max_tokens=70, extra_body={"min_tokens": 70})
        self.assertEqual(long.usage.completion_tokens, 70)

    def test_follows_the_models_own_recommendation(self):
        """The demo model's maker recommends 0.3 of temperature, 20 tokens and 0.95 of probability."""
        own = {"temperature": 0.3, "top_p": 0.95, "extra_body": {"top_k": 20}}
        for seed in range(3):
            given = self.create(messages=STORY, seed=seed, **own).choices[0].message.content
            self.assertEqual(self.create(messages=STORY, seed=seed).choices[0].message.content, given)

    def test_names_what_is_wrong(self):
        with self.assertRaises(openai.NotFoundError) as caught:
            self.create(model="none")
        self.assertEqual((caught.exception.code, caught.exception.param), ("model_not_found", "model"))
        wrong = (
            ("temperature", {"temperature": 3}),
            ("top_p", {"top_p": 2}),
            ("n", {"n": 0}),
            ("max_tokens", {"max_tokens": 0}),
            ("messages", {"messages": []}),
            ("stop", {"stop": ["a", "b", "c", "d", "e"]}),
            ("header x-millrace-lane", {"extra_headers": {"x-millrace-lane": "left"}}),
        )
        for field, fields in wrong:
            for stream in (False, True):
                with self.subTest(field=field, stream=stream), self.assertRaises(
                    openai.BadRequestError
                ) as caught:
                    self.create(stream=stream, **fields)
                self.assertEqual(caught.exception.param, field)
                self.assertTrue(caught.exception.request_id.startswith("req_"))

    def test_refuses_a_prompt_longer_than_the_context(self):
        with self.assertRaises(openai.BadRequestError) as caught:
            self.create(messages=[{"role": "user", "content": "word " * 20_000}])
        self.assertEqual(caught.exception.code, "context_length_exceeded")
        self.assertRegex(caught.exception.body["message"], r"prompt is too long: \d+ tokens > \d+ maximum")


class AnthropicMessages(AClient):
    """The `anthropic` library's messages."""

    def create(self, extra=None, **fields):
        """Greedy, which this version of the library only lets be said as an extra field."""
        fields = {"model": "demo", "messages": QUESTION, "max_tokens": 60, **fields}
        return self.anthropic.messages.create(**fields, extra_body={"temperature": 0, **(extra or {})})

    def test_answers_whole(self):
        reply = self.create(system="You are a miller.")
        self.assertEqual((reply.type, reply.role, reply.model), ("message", "assistant", "demo"))
        self.assertTrue(reply.id.startswith("msg_"))
        self.assertEqual([block.type for block in reply.content], ["text"])
        self.assertIn(reply.stop_reason, ("end_turn", "max_tokens"))
        self.assertGreater(reply.usage.input_tokens, 0)
        self.assertGreater(reply.usage.output_tokens, 0)

    def test_streams_events_in_their_order(self):
        whole = self.create()
        events = list(self.create(stream=True))
        kinds = [event.type for event in events if event.type != "ping"]
        self.assertEqual(kinds[:2], ["message_start", "content_block_start"])
        self.assertEqual(kinds[-3:], ["content_block_stop", "message_delta", "message_stop"])
        deltas = [event for event in events if event.type == "content_block_delta"]
        self.assertEqual(len(deltas), len(kinds) - 5)
        self.assertGreater(len(deltas), 10)
        self.assertEqual("".join(event.delta.text for event in deltas), whole.content[0].text)
        self.assertEqual(events[0].message.usage.input_tokens, whole.usage.input_tokens)
        ending = next(event for event in events if event.type == "message_delta")
        self.assertEqual(ending.delta.stop_reason, whole.stop_reason)
        self.assertEqual(ending.usage.output_tokens, whole.usage.output_tokens)

    def test_streams_through_the_librarys_helper(self):
        whole = self.create()
        with self.anthropic.messages.stream(
            model="demo", messages=QUESTION, max_tokens=60, extra_body={"temperature": 0}
        ) as stream:
            text = "".join(stream.text_stream)
            final = stream.get_final_message()
        self.assertEqual(text, whole.content[0].text)
        self.assertEqual(
            (final.stop_reason, final.usage.output_tokens), (whole.stop_reason, whole.usage.output_tokens)
        )

    def test_stops_at_a_stop_sequence(self):
        whole = self.create(messages=STORY).content[0].text
        stop = whole[30:42]
        reply = self.create(messages=STORY, stop_sequences=["never said", stop])
        self.assertEqual((reply.stop_reason, reply.stop_sequence), ("stop_sequence", stop))
        self.assertEqual(reply.content[0].text, whole[: whole.index(stop)])

    def test_obeys_max_tokens(self):
        reply = self.create(messages=STORY, max_tokens=5)
        self.assertEqual((reply.stop_reason, reply.usage.output_tokens), ("max_tokens", 5))

    def test_takes_blocks_and_unknown_fields(self):
        blocks = [{"type": "text", "text": QUESTION[0]["content"], "cache_control": {"type": "ephemeral"}}]
        reply = self.create(
            messages=[{"role": "user", "content": blocks}],
            extra={"context_management": {"edits": []}},
            extra_headers={"anthropic-beta": "nothing-2030-01-01"},
        )
        self.assertEqual(reply.content[0].text, self.create().content[0].text)

    def test_lists_models(self):
        self.assertEqual([model.id for model in self.anthropic.models.list()], ["demo"])
        self.assertEqual(self.anthropic.models.retrieve("demo").id, "demo")

    def test_says_the_tier_that_it_used(self):
        self.assertEqual(self.create(max_tokens=2, service_tier="auto").usage.service_tier, "standard")
        for lane, used in (("high", "priority"), ("low", "batch")):
            reply = self.create(max_tokens=2, extra_headers={"x-millrace-lane": lane})
            self.assertEqual(reply.usage.service_tier, used)

    def test_names_what_is_wrong(self):
        with self.assertRaises(anthropic.NotFoundError) as caught:
            self.create(model="none")
        self.assertEqual(caught.exception.body["error"]["type"], "not_found_error")
        for field, fields in (("temperature", {"extra": {"temperature": 2}}), ("messages", {"messages": []})):
            with self.subTest(field=field), self.assertRaises(anthropic.BadRequestError) as caught:
                self.create(**fields)
            error = caught.exception.body["error"]
            self.assertEqual(error["type"], "invalid_request_error")
            self.assertIn(field, error["message"])
        body = json.dumps({"model": "demo", "messages": QUESTION})
        status, _, reply = self.server.ask("POST", "/v1/messages", body)
        self.assertEqual(status, 400)
        self.assertIn("max_tokens", json.loads(reply)["error"]["message"])


class AboutPrompts(AClient):
    """What can be asked about a prompt without generating anything."""

    def post(self, path, **body):
        status, _, reply = self.server.ask("POST", path, json.dumps(body))
        self.assertEqual(status, 200, reply)
        return json.loads(reply)

    def test_counts_what_a_message_costs(self):
        asked = {"model": "demo", "messages": QUESTION, "system": "Be brief."}
        counted = self.anthropic.messages.count_tokens(**asked).input_tokens
        usage = self.anthropic.messages.create(max_tokens=1, **asked).usage
        self.assertEqual(counted, usage.input_tokens + usage.cache_read_input_tokens)
        beta = self.anthropic.beta.messages.count_tokens(betas=["token-counting-2024-11-01"], **asked)
        self.assertEqual(beta.input_tokens, counted)

    def test_goes_to_tokens_and_back(self):
        text = "Zürich, a lane & 日本 👩‍👩‍👧\n"
        tokens = self.post("/tokenize", prompt=text)
        self.assertEqual(tokens["count"], len(tokens["tokens"]))
        bare = self.post("/tokenize", content=text, add_special=False)["tokens"]
        self.assertEqual(self.post("/detokenize", tokens=bare)["content"], text)
        long = self.post("/tokenize", prompt="a lane and a mill " * 20_000)
        self.assertEqual(len(long["tokens"]), long["count"])
        self.assertGreater(long["count"], 40_000)

    def test_renders_what_a_chat_becomes(self):
        prompt = self.post("/apply-template", messages=QUESTION)["prompt"]
        self.assertIn(QUESTION[0]["content"], prompt)
        chat = self.post("/tokenize", messages=QUESTION)
        text = self.post("/detokenize", tokens=chat["tokens"])["prompt"]
        self.assertEqual(text, prompt)
        usage = self.server.chat(messages=QUESTION, max_tokens=1)["usage"]
        self.assertEqual(usage["prompt_tokens"], chat["count"])

    def test_completes_as_the_older_api_did(self):
        prompt = f"\n\nHuman: {QUESTION[0]['content']}\n\nAssistant:"
        asked = {"model": "demo", "prompt": prompt, "max_tokens_to_sample": 20, "temperature": 0}
        whole = self.post("/v1/complete", **asked)
        message = self.anthropic.messages.create(
            model="demo", messages=QUESTION, max_tokens=20, extra_body={"temperature": 0}
        )
        self.assertEqual((whole["type"], whole["completion"]), ("completion", message.content[0].text))
        self.assertIn(whole["stop_reason"], ("max_tokens", "stop_sequence"))
        _, headers, body = self.server.ask("POST", "/v1/complete", json.dumps({**asked, "stream": True}))
        self.assertIn("text/event-stream", headers["content-type"])
        data = [json.loads(line[6:]) for line in body.decode().splitlines() if line.startswith("data: ")]
        self.assertEqual("".join(event["completion"] for event in data), whole["completion"])
        self.assertEqual(data[-1]["stop_reason"], whole["stop_reason"])

    def test_names_what_is_wrong(self):
        for path, body in (
            ("/v1/complete", {"model": "demo", "prompt": "Hi", "max_tokens_to_sample": 1}),
            ("/tokenize", {}),
            ("/detokenize", {"tokens": [4_000_000_000]}),
            ("/apply-template", {"messages": []}),
            ("/v1/messages/count_tokens", {"model": "demo"}),
        ):
            status, _, reply = self.server.ask("POST", path, json.dumps(body))
            self.assertEqual(status, 400, reply)
            self.assertTrue(json.loads(reply)["error"]["message"])


class PlainHttp(AClient):
    """Operations, and what the client libraries hide; one sequence at a time, so that others queue."""

    server_words = ("--batch", 1)

    def test_tells_how_it_is(self):
        for path in ("/health", "/livez"):
            self.assertEqual(self.server.ask_json(path), {"status": "ok"})
        for path in ("/ready", "/readyz"):
            self.assertEqual(self.server.ask_json(path)["models"], ["demo"])
        self.assertRegex(self.server.ask_json("/version")["version"], r"^\d+\.\d+\.\d+$")
        status, headers, body = self.server.ask("HEAD", "/health")
        self.assertEqual((status, body), (200, b""))

    def test_shows_metrics(self):
        before = self.server.metrics()
        self.server.chat(messages=STORY, max_tokens=3)
        after = self.server.metrics()
        for name, more in (("millrace_requests_total", 1), ("millrace_shown_tokens_total", 3)):
            self.assertEqual(after[name] - before[name], more, name)
        status, headers, body = self.server.ask("GET", "/metrics")
        self.assertTrue(headers["content-type"].startswith("text/plain"))
        self.assertIn(b"# TYPE millrace_requests_total counter", body)

    def test_says_what_it_does_not_know(self):
        for method, path, status in (
            ("GET", "/none", 404),
            ("GET", "/v1/messages", 405),
            ("POST", "/health", 405),
        ):
            answered, headers, body = self.server.ask(method, path)
            self.assertEqual(answered, status, path)
            self.assertTrue(json.loads(body)["error"]["message"])
            name = "request-id" if path == "/v1/messages" else "x-request-id"
            self.assertTrue(headers[name].startswith("req_"))
            self.assertEqual(headers.get("allow"), {"/v1/messages": "POST", "/health": "GET, HEAD"}.get(path))

    def test_refuses_a_large_body_in_the_words_of_its_path(self):
        for path, error_type in (
            ("/v1/messages", "request_too_large"),
            ("/v1/chat/completions", "invalid_request_error"),
        ):
            connection = http.client.HTTPConnection(HOST, self.server.port, timeout=60)
            self.addCleanup(connection.close)
            connection.putrequest("POST", path)
            connection.putheader("Content-Length", str(1 << 30))
            connection.endheaders()
            reply = connection.getresponse()
            body = json.loads(reply.read())
            self.assertEqual((reply.status, body["error"]["type"]), (413, error_type))
            anthropics = path == "/v1/messages"
            self.assertEqual(body.get("type"), "error" if anthropics else None)
            name = reply.headers["request-id" if anthropics else "x-request-id"]
            self.assertTrue(name.startswith("req_"))
            self.assertEqual(body.get("request_id"), name if anthropics else None)

    def test_refuses_a_body_of_many_members_without_building_it(self):
        many = b'{"model":"demo","metadata":{' + b",".join(b'"%d":1' % n for n in range(1_000_000)) + b"}}"
        before = self.server.resident_bytes()
        status, _, reply = self.server.ask("POST", "/v1/chat/completions", many)
        self.assertEqual(status, 413)
        self.assertIn("members", json.loads(reply)["error"]["message"])
        self.assertLess(self.server.resident_bytes() - before, 3 * len(many))

    def test_says_how_much_room_is_left(self):
        body = json.dumps({"model": "demo", "messages": QUESTION, "max_tokens": 2})
        for stream in (False, True):
            asked = json.dumps({**json.loads(body), "stream": stream})
            _, headers, _ = self.server.ask("POST", "/v1/chat/completions", asked)
            self.assertGreater(int(headers["x-ratelimit-limit-requests"]), 0)
            self.assertLess(
                int(headers["x-ratelimit-remaining-requests"]), int(headers["x-ratelimit-limit-requests"])
            )
            self.assertGreaterEqual(int(headers["openai-processing-ms"]), 0)
            _, headers, _ = self.server.ask("POST", "/v1/messages", asked)
            self.assertIn("T", headers["anthropic-ratelimit-requests-reset"])
        status, _, reply = self.server.ask("GET", "/v1/models/none")
        self.assertEqual(status, 404)
        self.assertIn("demo", json.loads(reply)["error"]["message"])

    def test_keeps_a_connection(self):
        client = self.openai._client
        for _ in range(3):
            self.assertEqual(client.get(f"{self.server.url}/health").status_code, 200)

    def test_tells_a_queued_stream_its_place(self):
        async def run():
            story = chat_body(max_tokens=1900, ignore_eos=True)
            # More than five seconds of work for one sequence at a time.
            ahead = [Stream(self.server.port, story) for _ in range(30)]
            running = [asyncio.create_task(stream.run()) for stream in ahead]
            while not any(stream.pieces for stream in ahead):
                await asyncio.sleep(0.01)
            queued = Stream(self.server.port, story)
            asked_at = asyncio.get_running_loop().time()
            running.append(asyncio.create_task(queued.run()))
            while not queued.comments and not queued.pieces:
                await asyncio.sleep(0.01)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            self.assertTrue(queued.comments, "its turn came before a comment")
            # A head says what a worker knew of the prompt, unless it had to go before.
            self.assertNotIn(b"x-millrace-prompt", queued.fields)
            begun = next(stream for stream in ahead if stream.pieces)
            self.assertRegex(begun.fields[b"x-millrace-prompt"], rb"^tokens=\d+, reused=\d+")
            return queued.comments[0][1], asyncio.get_running_loop().time() - asked_at

        comment, waited = asyncio.run(run())
        print(f"{comment!r} after {waited:.1f} s; ", end="")
        self.assertRegex(comment, r"^: .*position=\d+")
        self.assertLess(waited, 5.5)


class NoModelNamed(AClient):
    """A server that was told which model is meant then."""

    server_words = ("--default-model", "demo")

    def test_is_the_default(self):
        for path, fields in (
            ("/v1/chat/completions", {"messages": QUESTION}),
            ("/v1/completions", {"prompt": "A lane", "model": None}),
            ("/v1/messages", {"messages": QUESTION, "model": "claude-none"}),
        ):
            body = json.dumps({"max_tokens": 2, **fields})
            status, _, reply = self.server.ask("POST", path, body)
            self.assertEqual((status, json.loads(reply).get("model")), (200, "demo"), reply)
