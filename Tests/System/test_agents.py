"""Coding agents as they talk to a server: every turn finds what the last one computed."""

import json
import pathlib
import re
import shutil
import tempfile
import unittest

import anthropic
import openai

import echo
from agent import BETAS, ClaudeCode, anthropic_tools, make_model, prose
from program import Fleet, Server

PIXEL = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}


def told(headers):
    """What `x-millrace-prompt` says: tokens, reused and where they part."""
    value = headers["x-millrace-prompt"]
    figures = {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", value)}
    parted = re.search(r'diverged="([^"]*)"$', value)
    return figures["tokens"], figures["reused"], parted and parted[1]


def prompt_tokens(usage):
    return usage.input_tokens + usage.cache_creation_input_tokens + usage.cache_read_input_tokens


class AnAgent(unittest.TestCase):
    """A server with a model that has room for an agent's prompts."""

    words = ("--alias", "claude-*=agent", "--alias", "gpt-*=agent", "--alias", "o3=gone")
    words += ("--kv-memory", "512M")

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.server = Server("--model", make_model(cls.folder / "agent"), *cls.words)
        cls.addClassCleanup(cls.server.close)
        cls.openai = openai.OpenAI(api_key="none", base_url=f"{cls.server.url}/v1", max_retries=0)
        cls.addClassCleanup(cls.openai.close)
        # As with ANTHROPIC_AUTH_TOKEN: a bearer token and no key.
        cls.anthropic = anthropic.Anthropic(auth_token="none", base_url=cls.server.url, max_retries=0)
        cls.addClassCleanup(cls.anthropic.close)

    def post(self, body, path="/v1/messages?beta=true"):
        headers = {"anthropic-version": "2023-06-01", "anthropic-beta": ",".join(BETAS)}
        status, headers, reply = self.server.ask("POST", path, json.dumps(body), headers, timeout=300)
        self.assertEqual(status, 200, reply)
        return headers, json.loads(reply)


class ClaudeCodeTurns(AnAgent):
    """Claude Code's requests through the `anthropic` library and over plain HTTP."""

    def streamed(self, body):
        """Headers, and the message that the library puts together of the events."""
        body = dict(body)
        raw = self.anthropic.beta.messages.with_raw_response.create(
            betas=BETAS, stream=True, timeout=300, **body
        )
        events = list(raw.parse())
        self.assertEqual(events[0].type, "message_start")
        self.assertEqual(events[-1].type, "message_stop")
        usage = events[0].message.usage
        ending = next(event for event in events if event.type == "message_delta")
        self.assertEqual(ending.usage.input_tokens, usage.input_tokens)
        return raw.headers, usage

    def counted(self, body):
        unwanted = ("max_tokens", "metadata")
        asked = {name: value for name, value in body.items() if name not in unwanted}
        return self.anthropic.beta.messages.count_tokens(betas=BETAS, **asked).input_tokens

    def check_turn(self, headers, usage, before, place):
        """All of the last prompt was found, and the head says where the rest begins."""
        tokens, reused, parted = told(headers)
        self.assertEqual((tokens, reused), (prompt_tokens(usage), usage.cache_read_input_tokens))
        self.assertGreaterEqual(usage.cache_read_input_tokens, 0.99 * before)
        self.assertEqual(parted, place)
        return tokens

    def test_every_turn_finds_the_one_before(self):
        one, other = ClaudeCode("one"), ClaudeCode("other", sentences=60, tool_sentences=2)
        headers, usage = self.streamed(one.body())
        before = prompt_tokens(usage)
        self.assertGreater(before, 30_000)
        headers, reply = self.post(other.body())
        beside = told(headers)[0]
        for turn in range(4):
            with self.subTest(turn=turn):
                new = len(one.messages)
                if turn % 2 == 0:
                    one.answer([prose(turn, 30), "no such file"], is_error=True)
                else:
                    one.ask(prose(f"question {turn}", 2))
                self.post(one.title())
                body = one.body()
                self.assertEqual(self.counted(body), self.counted(one.body()))
                headers, usage = self.streamed(body)
                self.assertEqual(prompt_tokens(usage), self.counted(body))
                before = self.check_turn(headers, usage, before, f"messages[{new}]")
                new = len(other.messages)
                other.answer([prose(f"other {turn}", 5), "done"])
                headers, reply = self.post(other.body())
                usage = anthropic.types.Usage(**reply["usage"])
                beside = self.check_turn(headers, usage, beside, f"messages[{new}]")

    def test_says_where_prompts_part(self):
        base = ClaudeCode("parting", sentences=40, tool_sentences=1)

        def ask(change):
            body = json.loads(json.dumps(base.body()))
            change(body)
            return told(self.post(body)[0])

        ask(lambda body: None)
        tokens, reused, parted = ask(lambda body: None)
        self.assertEqual((reused, parted), (tokens - 1, None))
        for place, change in {
            "messages[0]": lambda body: body["messages"][0]["content"][1].update(text="Something else."),
            "tools": lambda body: body["tools"][3].update(description="Something else."),
            "system[2]": lambda body: body["system"][2].update(text="Something else."),
            "system[1]": lambda body: body["system"][1].update(text="Something else."),
        }.items():
            with self.subTest(place):
                before = reused
                tokens, reused, parted = ask(change)
                self.assertEqual(parted, place)
                self.assertLess(reused, before)
        counts = self.server.metrics()
        for part in ("messages", "tools", "system", "none"):
            self.assertGreaterEqual(counts[f'millrace_prompt_divergence_total{{part="{part}"}}'], 1)
        self.assertGreater(counts['millrace_request_reused_tokens_total{source="memory"}'], 0)
        self.assertGreater(counts["millrace_request_prompt_tokens_count"], 5)

    def test_goes_on_behind_a_picture_that_a_tool_has_given(self):
        agent = ClaudeCode("picture", sentences=2, tool_sentences=1)
        agent.answer(["x", "y"])
        agent.messages[-2]["content"][0]["content"] = [{"type": "text", "text": "A picture:"}, PIXEL]
        prompt = self.counted(agent.body())
        agent.messages[-2]["content"][0]["content"].pop()
        self.assertGreater(prompt, self.counted(agent.body()))
        agent.messages[0]["content"].append(PIXEL)
        with self.assertRaises(anthropic.BadRequestError) as caught:
            self.streamed(agent.body())
        self.assertIn("messages[0].content[2].type", caught.exception.body["error"]["message"])

    def test_is_answered_under_every_name_in_use(self):
        agent = ClaudeCode("names", sentences=2, tool_sentences=1)
        for name in ("claude-opus-4-1-20250805", "claude-sonnet-4-5", "claude-3-5-haiku-latest"):
            self.assertEqual(self.post(agent.body(model=name))[1]["model"], "agent")
        self.assertEqual(self.anthropic.models.retrieve("claude-opus-4-1").id, "agent")
        with self.assertRaises(anthropic.NotFoundError) as caught:
            self.streamed(agent.body(model="gemini-pro"))
        self.assertIn("there is: agent, demo", caught.exception.body["error"]["message"])
        with self.assertRaises(anthropic.NotFoundError) as caught:
            self.streamed(agent.body(model="o3"))
        self.assertIn('where it means "gone"', caught.exception.body["error"]["message"])


class RulesOfItsOwn(AnAgent):
    words = (*AnAgent.words, "--volatile-defaults", "off", "--log-level", "debug", "--volatile-rule")
    words += ('{"name": "clock", "what": "line", "pattern": "It is [0-9]+ o\'clock[.]"}',)

    def test_are_followed_instead_of_those_built_in(self):
        agent = ClaudeCode("rules", sentences=5, tool_sentences=1)

        def ask(hour):
            body = agent.body()
            body["system"].append({"type": "text", "text": f"It is {hour} o'clock."})
            if hour:
                body["system"].pop(0)
            return told(self.post(body)[0])

        ask(1)
        tokens, reused, parted = ask(2)
        self.assertEqual((reused, parted), (tokens - 1, None))
        ask(0)
        self.assertEqual(ask(0)[2], "system[0]")
        self.assertRegex(self.server.said(), r'a prompt begins .*diverged="?system\[0\]')


class OpenAITurns(AnAgent):
    """Agents that speak OpenAI's chat: streamed, with tools, usage at the end and a developer's text."""

    TOOLS = [
        {
            "type": "function",
            "function": {
                "name": tool["name"],
                "description": tool["description"],
                "parameters": tool["input_schema"],
            },
        }
        for tool in anthropic_tools(10)
    ]

    def turn(self, messages):
        raw = self.openai.chat.completions.with_raw_response.create(
            model="gpt-5-codex",
            messages=messages,
            tools=self.TOOLS,
            tool_choice="auto",
            parallel_tool_calls=True,
            stream=True,
            stream_options={"include_usage": True},
            max_completion_tokens=8,
            reasoning_effort="medium",
            prompt_cache_key="session-1",
            store=False,
            timeout=300,
        )
        chunks = list(raw.parse())
        usage = chunks[-1].usage
        tokens, reused, parted = told(raw.headers)
        self.assertEqual((tokens, reused), (usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens))
        return tokens, reused, parted

    def test_every_turn_finds_the_one_before(self):
        messages = [
            {"role": "developer", "content": prose("developer", 300)},
            {"role": "user", "content": [{"type": "text", "text": prose("wish", 4)}]},
        ]
        beside = [{"role": "system", "content": prose("beside", 20)}, {"role": "user", "content": "Hello?"}]
        before = self.turn(messages)[0]
        self.assertGreater(before, 8000)
        for turn in range(3):
            with self.subTest(turn=turn):
                self.turn(beside)
                new = len(messages)
                calls = [
                    {
                        "id": f"call_{turn}_{name}",
                        "type": "function",
                        "function": {"name": name, "arguments": json.dumps({"path": f"{name} {turn}"})},
                    }
                    for name in ("Read", "Grep")
                ]
                messages.append({"role": "assistant", "content": None, "tool_calls": calls})
                messages += [
                    {"role": "tool", "tool_call_id": call["id"], "content": prose(call["id"], 8)}
                    for call in calls
                ]
                tokens, reused, parted = self.turn(messages)
                self.assertGreaterEqual(reused, 0.99 * before)
                self.assertEqual(parted, f"messages[{new}]")
                before = tokens


class InAFleet(unittest.TestCase):
    def test_the_place_crosses_it(self):
        fleet = Fleet(workers=1, edge_words=("--volatile-defaults", "off"))
        self.addCleanup(fleet.close)

        def ask(question, stream):
            system = {"role": "system", "content": prose("fleet", 9)}
            messages = [system, {"role": "user", "content": question}]
            body = {"model": "demo", "messages": messages, "max_tokens": 2, "stream": stream}
            status, headers, reply = fleet.ask("POST", "/v1/chat/completions", json.dumps(body))
            self.assertEqual(status, 200, reply)
            return told(headers)

        self.assertEqual(ask("What is a lane?", False)[1:], (0, "start"))
        tokens, reused, parted = ask("What is a lane?", True)
        self.assertEqual((reused, parted), (tokens - 1, None))
        self.assertEqual(ask("Who are you?", True)[2], "messages[1]")


class ToolsOfAModelWithout(unittest.TestCase):
    """A model whose template has no place for tools hears of them all the same."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        words = []
        for name, marks in cls.MARKS.items():
            words += ["--model", echo.make_model(cls.folder / name, echo.template(marks))]
        cls.server = Server(*words)
        cls.addClassCleanup(cls.server.close)
        cls.openai = openai.OpenAI(api_key="none", base_url=f"{cls.server.url}/v1", max_retries=0)
        cls.addClassCleanup(cls.openai.close)

    # Of families whose older templates know no tools, and of ones that write calls in their own way.
    MARKS = {
        "plain": "",
        "gemma": "<start_of_turn>",
        "llama": "<|start_header_id|>",
        "mistral": "[INST]",
        "phi": "<|assistant|> <|end|>",
        "granite": "<|start_of_role|>",
        "minimax": "<minimax:tool_call>",
        "longcat": "<longcat_tool_call>",
    }
    TOOLS = [{"type": "function", "function": {"name": "now", "parameters": {"type": "object"}}}]

    def prompt(self, model, messages, **more):
        body = json.dumps({"model": model, "messages": messages, **more})
        status, _, reply = self.server.ask("POST", "/apply-template", body)
        self.assertEqual(status, 200, reply)
        return json.loads(reply)["prompt"]

    def test_calls_in_the_form_that_it_was_told(self):
        for model in self.MARKS:
            with self.subTest(model):
                question = [{"role": "user", "content": "What time is it?"}]
                prompt = self.prompt(model, question, tools=self.TOOLS)
                self.assertIn('{"name": "now", "parameters": {"type": "object"}}', prompt)
                self.assertNotIn("# Tools", self.prompt(model, question))
                # What the prompt asks for, with its own words filled in.
                form = prompt.split("in exactly this form:\n")[1].split("<|turn_over|>")[0]
                example = '{"name": "function_name", "arguments": {"argument": "value"}}'
                self.assertIn(example, form)
                said = form.replace(example, '{"name": "now", "arguments": {"zone": "UTC"}}').strip()
                messages = [{"role": "user", "content": echo.say(said)}]
                first = self.openai.chat.completions.create(model=model, messages=messages, tools=self.TOOLS)
                call = first.choices[0].message.tool_calls[0]
                arguments = json.loads(call.function.arguments)
                self.assertEqual((call.function.name, arguments), ("now", {"zone": "UTC"}))
                self.assertEqual(first.choices[0].finish_reason, "tool_calls")
                messages += [
                    first.choices[0].message.to_dict(),
                    {"role": "tool", "tool_call_id": call.id, "content": echo.say("Noon.")},
                ]
                second = self.openai.chat.completions.create(model=model, messages=messages, tools=self.TOOLS)
                self.assertEqual(second.choices[0].message.content, "Noon.")
                self.assertGreaterEqual(
                    second.usage.prompt_tokens_details.cached_tokens, 0.99 * first.usage.prompt_tokens
                )


if __name__ == "__main__":
    unittest.main()
