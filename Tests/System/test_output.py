"""Thoughts and tool calls of every family, from the model's tokens to what the official clients give out."""

import asyncio
import json
import pathlib
import shutil
import signal
import tempfile
import unittest

import anthropic
import openai

from echo import make_model, say, template
from program import Fleet, Server

PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
}
NAMES = ("get_weather", "now")
OPENAI_TOOLS = [{"type": "function", "function": {"name": name, "parameters": PARAMETERS}} for name in NAMES]
ANTHROPIC_TOOLS = [{"name": name, "input_schema": PARAMETERS} for name in NAMES]
WEATHER = ("get_weather", {"city": "Zürich \"ZH\"", "days": 3})
NOW = ("now", {})
WEATHER_JSON = json.dumps(WEATHER[1], ensure_ascii=False)
BAR = "｜"
HARMONY = ["<|start|>", "<|channel|>", "<|message|>", "<|end|>", "<|call|>", "<|return|>", "<|constrain|>"]
DEEPSEEK = [
    f"<{BAR}tool▁{words}{BAR}>" for words in ("calls▁begin", "calls▁end", "call▁begin", "call▁end", "sep")
]


class Family:
    """A family's marks, and an output with a thought, a text and two calls in them."""

    def __init__(self, name, marks, output, specials=(), added=(), **more):
        self.name = name
        self.marks = marks
        self.output = output
        self.specials = specials
        self.added = added
        # What the template opens the answer with; the output begins with that.
        self.opens = more.get("opens", "")
        self.thought = more.get("thought", "")
        self.text = more.get("text", "")
        self.calls = more.get("calls", [WEATHER, NOW])
        self.id_pattern = more.get("id_pattern", r"^(call|toolu)_[0-9A-Za-z]{24}$")

    def tokens_through(self, text):
        """How many tokens the model has said when it has said this."""
        said = self.output[len(self.opens) : self.output.index(text) + len(text)]
        for token in [*self.specials, *self.added]:
            said = said.replace(token, "x")
        return len(said.encode())


FAMILIES = [
    Family(
        "hermes",
        "<tool_call>",
        "<think>\nShould I?\n</think>\n\nI look.\n"
        f'<tool_call>\n{{"name": "get_weather", "arguments": {WEATHER_JSON}}}\n</tool_call>\n'
        '<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>',
        added=["<think>", "</think>", "<tool_call>", "</tool_call>"],
        opens="<think>\n",
        thought="Should I?",
        text="I look.",
    ),
    Family(
        "qwen3-coder",
        "<tool_call> <function= <parameter=",
        "I look.\n<tool_call>\n<function=get_weather>\n<parameter=city>\nZürich \"ZH\"\n</parameter>\n"
        "<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>\n"
        "<tool_call>\n<function=now>\n</function>\n</tool_call>",
        text="I look.",
    ),
    Family(
        "llama3",
        "<|start_header_id|>",
        f'<|python_tag|>{{"name": "get_weather", "parameters": {WEATHER_JSON}}};'
        ' {"type": "function", "name": "now", "parameters": {}}',
        specials=["<|python_tag|>"],
    ),
    Family("llama3-bare", "<|start_header_id|>", '{"name": "now", "parameters": {}}', calls=[NOW]),
    Family(
        "llama4",
        "<|header_start|>",
        "[get_weather(city='Zürich \"ZH\"', days=3), now()]",
    ),
    Family(
        "mistral-list",
        "[TOOL_CALLS]",
        f'[TOOL_CALLS] [{{"name": "get_weather", "arguments": {WEATHER_JSON}, "id": "aaaaaaaaa"}},'
        ' {"name": "now", "arguments": {}, "id": "bbbbbbbbb"}]',
        specials=["[TOOL_CALLS]"],
        id_pattern=r"^[0-9A-Za-z]{9}$",
    ),
    Family(
        "mistral-v11",
        "[TOOL_CALLS]",
        f"I look.[TOOL_CALLS]get_weather{WEATHER_JSON}[TOOL_CALLS]now{{}}",
        specials=["[TOOL_CALLS]"],
        text="I look.",
        id_pattern=r"^[0-9A-Za-z]{9}$",
    ),
    Family(
        "mistral-v13",
        "[TOOL_CALLS]",
        f"[THINK]Should I?[/THINK]I look.[TOOL_CALLS]get_weather[ARGS]{WEATHER_JSON}"
        "[TOOL_CALLS]now[ARGS]{}",
        specials=["[TOOL_CALLS]", "[ARGS]", "[THINK]", "[/THINK]"],
        thought="Should I?",
        text="I look.",
        id_pattern=r"^[0-9A-Za-z]{9}$",
    ),
    Family(
        "gemma",
        "<start_of_turn>",
        "I look.\n```tool_code\n[get_weather(city='Zürich \"ZH\"', days=3), now()]\n```",
        text="I look.",
    ),
    Family(
        "functiongemma",
        "<start_function_call>",
        '<start_function_call>call:get_weather{city:<escape>Zürich "ZH"<escape>,days:3}<end_function_call>'
        "<start_function_call>call:now{}<end_function_call>",
        specials=["<start_function_call>", "<end_function_call>", "<escape>"],
    ),
    Family(
        "gemma4",
        "<|turn>",
        "<|channel>thought\nShould I?<channel|>I look."
        '<|tool_call>call:get_weather{city:<|"|>Zürich "ZH"<|"|>,days:3}<tool_call|>'
        "<|tool_call>call:now{}<tool_call|>",
        specials=["<|channel>", "<channel|>", "<|tool_call>", "<tool_call|>", '<|"|>'],
        thought="Should I?",
        text="I look.",
    ),
    Family(
        "deepseek",
        DEEPSEEK[0],
        f"<think>\nShould I?\n</think>\n\nI look.{DEEPSEEK[0]}"
        f"{DEEPSEEK[2]}function{DEEPSEEK[4]}get_weather\n```json\n{WEATHER_JSON}\n```{DEEPSEEK[3]}\n"
        f"{DEEPSEEK[2]}now{DEEPSEEK[4]}{{}}{DEEPSEEK[3]}{DEEPSEEK[1]}",
        specials=DEEPSEEK,
        added=["<think>", "</think>"],
        opens="<think>\n",
        thought="Should I?",
        text="I look.",
    ),
    Family(
        "harmony",
        "<|channel|> <|message|>",
        "<|start|>assistant<|channel|>analysis<|message|>Should I?<|end|>"
        "<|start|>assistant<|channel|>commentary<|message|>I look.<|end|>"
        "<|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>"
        f"{WEATHER_JSON}<|call|>",
        specials=HARMONY,
        opens="<|start|>assistant",
        thought="Should I?",
        text="I look.",
        calls=[WEATHER],
    ),
    Family(
        "minimax",
        "<minimax:tool_call>",
        "<think>\nShould I?\n</think>\n\n<minimax:tool_call>\n"
        '<invoke name="get_weather">\n<parameter name="city">Zürich "ZH"</parameter>\n'
        '<parameter name="days">3</parameter>\n</invoke>\n<invoke name="now">\n</invoke>\n'
        "</minimax:tool_call>",
        opens="<think>\n",
        thought="Should I?",
    ),
    Family(
        "glm",
        "<tool_call> <arg_key> <think>",
        "<think>Should I?</think>I look.\n<tool_call>get_weather\n<arg_key>city</arg_key>\n"
        '<arg_value>Zürich "ZH"</arg_value>\n<arg_key>days</arg_key>\n<arg_value>3</arg_value>\n'
        "</tool_call>\n<tool_call>now\n</tool_call>",
        thought="Should I?",
        text="I look.",
    ),
    Family(
        "phi",
        "functools",
        f'functools[{{"name": "get_weather", "arguments": {WEATHER_JSON}}},'
        ' {"name": "now", "parameters": {}}]',
    ),
    Family(
        "granite3",
        "<|start_of_role|>",
        "Here is my thought process:\n\nShould I?\n\nHere is my response:\n\n"
        f'<|tool_call|>[{{"name": "get_weather", "arguments": {WEATHER_JSON}}},'
        ' {"name": "now", "arguments": {}}]',
        specials=["<|tool_call|>"],
        thought="Should I?",
    ),
    Family(
        "granite4",
        "<|start_of_role|>",
        f'<tool_call>{{"name": "get_weather", "arguments": {WEATHER_JSON}}}</tool_call>\n'
        '<tool_call>{"name": "now", "arguments": {}}</tool_call>',
        specials=["<tool_call>", "</tool_call>"],
    ),
    Family(
        "kimi",
        "<|tool_calls_section_begin|>",
        "I look.<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0"
        f"<|tool_call_argument_begin|>{WEATHER_JSON}<|tool_call_end|><|tool_call_begin|>functions.now:1"
        "<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>",
        specials=[
            "<|tool_calls_section_begin|>",
            "<|tool_calls_section_end|>",
            "<|tool_call_begin|>",
            "<|tool_call_end|>",
            "<|tool_call_argument_begin|>",
        ],
        text="I look.",
        id_pattern=r"^functions\.(get_weather:0|now:1)$",
    ),
    Family(
        "lfm2",
        "<|tool_call_start|>",
        "<|tool_call_start|>[get_weather(city='Zürich \"ZH\"', days=3), now()]<|tool_call_end|>",
        specials=["<|tool_call_start|>", "<|tool_call_end|>"],
    ),
    Family(
        "olmo3",
        "<function_calls>",
        "<function_calls>get_weather(city='Zürich \"ZH\"', days=3)\nnow()</function_calls>",
    ),
    Family(
        "longcat",
        "<longcat_tool_call>",
        "<longcat_tool_call>get_weather\n<longcat_arg_key>city</longcat_arg_key>\n"
        '<longcat_arg_value>Zürich "ZH"</longcat_arg_value>\n<longcat_arg_key>days</longcat_arg_key>\n'
        "<longcat_arg_value>3</longcat_arg_value>\n</longcat_tool_call>\n"
        "<longcat_tool_call>now</longcat_tool_call>",
    ),
    Family(
        "cohere",
        "<|START_ACTION|>",
        "<|START_THINKING|>Should I?<|END_THINKING|><|START_ACTION|>[\n"
        f'{{"tool_call_id": "0", "tool_name": "get_weather", "parameters": {WEATHER_JSON}}},\n'
        '{"tool_call_id": "1", "tool_name": "now", "parameters": {}}\n]<|END_ACTION|>',
        specials=["<|START_ACTION|>", "<|END_ACTION|>", "<|START_THINKING|>", "<|END_THINKING|>"],
        thought="Should I?",
    ),
    Family(
        "unknown",
        "",
        f'I look. <tool_call>{{"name": "get_weather", "arguments": {WEATHER_JSON}}}</tool_call>'
        "<function=now></function>",
        text="I look.",
    ),
]


class Models(unittest.TestCase):
    """One server with a model of every family."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        words = []
        for family in FAMILIES:
            made = template(family.marks, family.opens)
            words += ["--model", make_model(cls.folder / family.name, made, family.specials, family.added)]
        # Its template knows a switch.
        thinker = template("<tool_call>", "<think>\n", switch="<think>\n\n</think>\n\n")
        thinker = make_model(cls.folder / "thinker", thinker, added=["<think>", "</think>"])
        cls.server = Server(*words, "--model", thinker)
        cls.addClassCleanup(cls.server.close)
        cls.openai = openai.OpenAI(api_key="none", base_url=f"{cls.server.url}/v1", max_retries=0)
        cls.addClassCleanup(cls.openai.close)
        cls.anthropic = anthropic.Anthropic(api_key="none", base_url=cls.server.url, max_retries=0)
        cls.addClassCleanup(cls.anthropic.close)

    def chat(self, model, output, **fields):
        fields = {"model": model, "messages": [{"role": "user", "content": say(output)}], **fields}
        return self.openai.chat.completions.create(**fields)

    def message(self, model, output, **fields):
        messages = [{"role": "user", "content": say(output)}]
        fields = {"model": model, "messages": messages, "max_tokens": 2000, **fields}
        return self.anthropic.messages.create(**fields)

    def events(self, model, output, **fields):
        return list(self.message(model, output, stream=True, **fields))


class OpenAIOutput(Models):
    """What the `openai` library makes of it."""

    def check(self, family, message):
        self.assertEqual((message.content or "").strip(), family.text)
        self.assertEqual(getattr(message, "reasoning_content", None) or "", family.thought)
        self.assertEqual(getattr(message, "reasoning", None) or "", family.thought)
        functions = [call.function for call in message.tool_calls or []]
        calls = [(function.name, json.loads(function.arguments)) for function in functions]
        self.assertEqual(calls, family.calls)
        for call in message.tool_calls:
            self.assertEqual(call.type, "function")
            self.assertRegex(call.id, family.id_pattern)
        self.assertEqual(len({call.id for call in message.tool_calls}), len(calls))

    def test_whole(self):
        for family in FAMILIES:
            with self.subTest(family.name):
                reply = self.chat(family.name, family.output, tools=OPENAI_TOOLS)
                self.check(family, reply.choices[0].message)
                self.assertEqual(reply.choices[0].finish_reason, "tool_calls")
                details = reply.usage.completion_tokens_details
                self.assertEqual(details.reasoning_tokens > 0, bool(family.thought))
                self.assertLess(details.reasoning_tokens, reply.usage.completion_tokens)

    def test_streamed(self):
        for family in FAMILIES:
            with self.subTest(family.name):
                chunks = list(self.chat(family.name, family.output, tools=OPENAI_TOOLS, stream=True))
                self.check(family, self.joined(chunks))
                ends = [c.choices[0].finish_reason for c in chunks if c.choices[0].finish_reason]
                self.assertEqual(ends, ["tool_calls"])

    def joined(self, chunks):
        """A message as a client puts it together; the first chunk of a call is its head."""

        class Message:
            content = reasoning = reasoning_content = ""

        message, calls = Message(), []
        for chunk in chunks:
            delta = chunk.choices[0].delta
            message.content += delta.content or ""
            for name in ("reasoning", "reasoning_content"):
                setattr(message, name, getattr(message, name) + (getattr(delta, name, None) or ""))
            for part in delta.tool_calls or []:
                if part.index == len(calls):
                    self.assertTrue(part.id and part.function.name and part.type == "function")
                    calls.append(part)
                else:
                    self.assertEqual(part.index, len(calls) - 1)
                    self.assertIsNone(part.id)
                    self.assertIsNone(part.function.name)
                    calls[-1].function.arguments += part.function.arguments
        message.tool_calls = calls
        return message

    def test_through_the_librarys_helper(self):
        family = FAMILIES[0]
        messages = [{"role": "user", "content": say(family.output)}]
        with self.openai.chat.completions.stream(
            model=family.name, messages=messages, tools=OPENAI_TOOLS
        ) as stream:
            kinds = {event.type for event in stream}
            final = stream.get_final_completion()
        self.assertIn("tool_calls.function.arguments.delta", kinds)
        self.assertIn("tool_calls.function.arguments.done", kinds)
        self.assertEqual(len(final.choices[0].message.tool_calls), 2)

    def test_no_tools_no_calls(self):
        for more in ({}, {"tools": OPENAI_TOOLS, "tool_choice": "none"}):
            choice = self.chat("hermes", FAMILIES[0].output, **more).choices[0]
            self.assertIsNone(choice.message.tool_calls)
            self.assertIn('"name": "get_weather"', choice.message.content)
            self.assertEqual(choice.finish_reason, "stop")

    def test_an_unknown_tool_is_text(self):
        output = '<think>\n</think>\n\n<tool_call>{"name": "fly", "arguments": {}}</tool_call>'
        choice = self.chat("hermes", output, tools=OPENAI_TOOLS).choices[0]
        self.assertEqual(choice.message.content, '<tool_call>{"name": "fly", "arguments": {}}</tool_call>')
        self.assertEqual(choice.finish_reason, "stop")

    def test_one_call_is_enough_if_asked(self):
        reply = self.chat("hermes", FAMILIES[0].output, tools=OPENAI_TOOLS, parallel_tool_calls=False)
        self.assertEqual(len(reply.choices[0].message.tool_calls), 1)
        self.assertEqual(reply.choices[0].finish_reason, "tool_calls")

    def test_a_call_that_is_cut_is_told_as_far_as_it_came(self):
        limit = FAMILIES[0].tokens_through('"days"')
        reply = self.chat("hermes", FAMILIES[0].output, tools=OPENAI_TOOLS, max_tokens=limit)
        self.assertEqual(reply.choices[0].finish_reason, "length")
        arguments = reply.choices[0].message.tool_calls[0].function.arguments
        self.assertEqual(arguments, WEATHER_JSON.replace(", ", ",").replace(": ", ":").split(":3")[0])

    def test_choices_are_read_apart(self):
        reply = self.chat("hermes", FAMILIES[0].output, tools=OPENAI_TOOLS, n=2)
        ids = [call.id for choice in reply.choices for call in choice.message.tool_calls]
        self.assertEqual(len(set(ids)), 4)

    def test_thinking_that_is_not_asked_for_is_not_shown(self):
        reply = self.chat("glm", FAMILIES[14].output, extra_body={"include_reasoning": False})
        self.assertNotIn("reasoning", reply.choices[0].message.model_dump())
        self.assertGreater(reply.usage.completion_tokens_details.reasoning_tokens, 0)

    def test_a_completion_is_raw(self):
        text = "x<|reply|>" + "<think>a</think>"
        reply = self.openai.completions.create(model="glm", prompt=text, max_tokens=5)
        self.assertEqual(reply.choices[0].finish_reason, "stop")

    def test_a_budget_ends_the_thought(self):
        output = "<think>\n" + "well " * 40 + "</think>\n\nSo."
        for budget, most in ((0, 0), (10, 20), (100, 110)):
            with self.subTest(budget):
                reply = self.chat("thinker", output, extra_body={"thinking_token_budget": budget})
                message, usage = reply.choices[0].message, reply.usage.completion_tokens_details
                thought = getattr(message, "reasoning_content", "")
                self.assertEqual(thought, ("well " * 40)[:budget].strip())
                self.assertLessEqual(budget, usage.reasoning_tokens)
                self.assertLessEqual(usage.reasoning_tokens, budget + 2 + len("\n</think>\n\n"))
                # The model goes on where it would be by now.
                self.assertTrue(message.content.endswith("So."), message.content)

    def test_the_switch_reaches_the_template(self):
        for body in (
            {"chat_template_kwargs": {"enable_thinking": False}},
            {"enable_thinking": False},
        ):
            reply = self.chat("thinker", "<think>\n\n</think>\n\nAt once.", extra_body=body)
            self.assertEqual(reply.choices[0].message.content, "At once.")
            self.assertEqual(reply.usage.completion_tokens_details.reasoning_tokens, 0)

    def test_a_budget_ends_the_analysis(self):
        output = "<|start|>assistant<|channel|>analysis<|message|>" + "hm " * 30
        output += "<|end|><|start|>assistant<|channel|>final<|message|>So.<|return|>"
        reply = self.chat("harmony", output, extra_body={"thinking_token_budget": 12})
        self.assertTrue("hm hm hm hm".startswith(reply.choices[0].message.reasoning_content))
        self.assertIn("hm", reply.choices[0].message.content)


class AnthropicOutput(Models):
    """What the `anthropic` library makes of it."""

    def check(self, family, blocks):
        kinds = []
        for block in blocks:
            kinds.append(block.type)
            if block.type == "thinking":
                self.assertEqual(block.thinking, family.thought)
                self.assertTrue(block.signature)
            elif block.type == "text":
                self.assertEqual(block.text, family.text)
        wanted = ["thinking"] * bool(family.thought) + ["text"] * bool(family.text)
        self.assertEqual(kinds, wanted + ["tool_use"] * len(family.calls))
        uses = [block for block in blocks if block.type == "tool_use"]
        self.assertEqual([(use.name, use.input) for use in uses], family.calls)
        for use in uses:
            self.assertRegex(use.id, family.id_pattern)

    def test_whole(self):
        for family in FAMILIES:
            with self.subTest(family.name):
                reply = self.message(family.name, family.output, tools=ANTHROPIC_TOOLS)
                self.check(family, reply.content)
                self.assertEqual(reply.stop_reason, "tool_use")
                details = reply.usage.output_tokens_details
                self.assertEqual(details.thinking_tokens > 0, bool(family.thought))

    def test_streamed(self):
        for family in FAMILIES:
            with self.subTest(family.name):
                with self.anthropic.messages.stream(
                    model=family.name,
                    messages=[{"role": "user", "content": say(family.output)}],
                    max_tokens=2000,
                    tools=ANTHROPIC_TOOLS,
                ) as stream:
                    final = stream.get_final_message()
                self.check(family, final.content)
                self.assertEqual(final.stop_reason, "tool_use")

    def test_the_order_of_events(self):
        events = self.events("hermes", FAMILIES[0].output, tools=ANTHROPIC_TOOLS)
        self.assertEqual(events[0].type, "message_start")
        self.assertEqual([event.type for event in events[-2:]], ["message_delta", "message_stop"])
        self.assertEqual(events[-2].delta.stop_reason, "tool_use")
        deltas = {"thinking": ["thinking_delta", "signature_delta"], "text": ["text_delta"]}
        open_block, index = None, -1
        for event in events[1:-2]:
            if event.type == "content_block_start":
                self.assertIsNone(open_block)
                self.assertEqual(event.index, index + 1)
                open_block, index, last = event.content_block, event.index, None
            elif event.type == "content_block_delta":
                self.assertEqual(event.index, index)
                self.assertIn(event.delta.type, deltas.get(open_block.type, ["input_json_delta"]))
                last = event.delta.type
            else:
                self.assertEqual((event.type, event.index), ("content_block_stop", index))
                if open_block.type == "thinking":
                    self.assertEqual(last, "signature_delta")
                open_block = None
        self.assertEqual(index, 3)

    def test_goes_on_with_a_tools_result(self):
        first = self.message("hermes", FAMILIES[0].output, tools=ANTHROPIC_TOOLS)
        uses = [block for block in first.content if block.type == "tool_use"]
        blocks = [block.model_dump(exclude_none=True) for block in first.content]
        messages = [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": blocks},
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": use.id,
                        "content": say("<think>\nSunny then.\n</think>\n\nSunny."),
                    }
                    for use in uses
                ],
            },
        ]
        reply = self.anthropic.messages.create(
            model="hermes", messages=messages, max_tokens=100, tools=ANTHROPIC_TOOLS
        )
        self.assertEqual([block.type for block in reply.content], ["thinking", "text"])
        self.assertEqual(reply.stop_reason, "end_turn")

    def test_one_call_is_enough_if_asked(self):
        choice = {"type": "auto", "disable_parallel_tool_use": True}
        reply = self.message("hermes", FAMILIES[0].output, tools=ANTHROPIC_TOOLS, tool_choice=choice)
        self.assertEqual([block.type for block in reply.content], ["thinking", "text", "tool_use"])

    def test_thinking_as_asked(self):
        output = "<think>\n" + "well " * 300 + "</think>\n\nSo."
        enabled = self.message("thinker", output, thinking={"type": "enabled", "budget_tokens": 1024})
        self.assertEqual([block.type for block in enabled.content], ["thinking", "text"])
        self.assertLess(enabled.usage.output_tokens_details.thinking_tokens, 1024 + 16)
        adaptive = self.message("thinker", output, thinking={"type": "adaptive"})
        self.assertEqual(adaptive.content[0].thinking, ("well " * 300).strip())
        self.assertEqual(adaptive.content[1].text, "So.")
        omitted = self.message("thinker", output, thinking={"type": "adaptive", "display": "omitted"})
        self.assertEqual((omitted.content[0].thinking, bool(omitted.content[0].signature)), ("", True))
        disabled = self.message(
            "thinker", "<think>\n\n</think>\n\nAt once.", thinking={"type": "disabled"}
        )
        self.assertEqual([(b.type, b.text) for b in disabled.content], [("text", "At once.")])

    def test_input_that_is_cut_is_an_object(self):
        limit = FAMILIES[0].tokens_through('"days"')
        reply = self.message("hermes", FAMILIES[0].output, tools=ANTHROPIC_TOOLS, max_tokens=limit)
        self.assertEqual(reply.stop_reason, "max_tokens")
        self.assertEqual(reply.content[-1].input, {"city": WEATHER[1]["city"]})


class AnOption(unittest.TestCase):
    """`--output-format`."""

    def test_says_the_format(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-"))
        self.addCleanup(shutil.rmtree, folder, True)
        model = make_model(folder / "echo", template("nothing to go by"))
        output = "[TOOL_CALLS]now[ARGS]{}"
        for name, calls in (("mistral", 1), ("plain", 0), ("auto", 0)):
            server = Server("--model", model, "--output-format", name)
            self.addCleanup(server.close)
            reply = server.chat(
                model="echo", messages=[{"role": "user", "content": say(output)}], tools=OPENAI_TOOLS
            )
            self.assertEqual(len(reply["choices"][0]["message"].get("tool_calls", [])), calls, name)
            server.close()


class AWorkersEnd(unittest.TestCase):
    """While thoughts and calls are being told."""

    def test_by_death_changes_nothing_of_what_is_told(self):
        self.check(lambda worker: worker.kill())

    def test_on_request_changes_nothing_of_what_is_told(self):
        def leave(worker):
            worker.signal(signal.SIGTERM)
            self.assertEqual(worker.wait(20), 0)

        self.check(leave)

    def check(self, end):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-"))
        self.addCleanup(shutil.rmtree, folder, True)
        made = template("<tool_call>", "<think>\n")
        model = make_model(folder / "echo", made, added=["<think>", "</think>"])
        fleet = Fleet(worker_words=("--model", model, "--grace", 0.1))
        self.addCleanup(fleet.close)
        thought = " ".join(f"thought {n}" for n in range(60))
        city = " ".join(f"\"{n}\" é" for n in range(120))
        arguments = json.dumps({"city": city, "days": 3}, ensure_ascii=False)
        output = f"<think>\n{thought}\n</think>\n\nI look.\n"
        for name in NAMES:
            output += f'<tool_call>\n{{"name": "{name}", "arguments": {arguments}}}\n</tool_call>\n'
        expected = (thought, "I look.", [(name, {"city": city, "days": 3}) for name in NAMES], "tool_calls")
        told = asyncio.run(self.told_while_workers_end(fleet, output, end))
        self.assertEqual(len(told), 12)
        for what in told:
            self.assertEqual(what, expected)

    async def told_while_workers_end(self, fleet, output, end_worker):
        client = openai.AsyncOpenAI(api_key="none", base_url=f"{fleet.url}/v1", max_retries=0)
        shown = 0

        async def ask():
            nonlocal shown
            thought, text, calls, end = "", "", [], None
            async for chunk in await client.chat.completions.create(
                model="echo",
                messages=[{"role": "user", "content": say(output)}],
                tools=OPENAI_TOOLS,
                stream=True,
            ):
                choice = chunk.choices[0]
                thought += getattr(choice.delta, "reasoning", None) or ""
                text += choice.delta.content or ""
                for part in choice.delta.tool_calls or []:
                    if part.index == len(calls):
                        calls.append([part.function.name, ""])
                    calls[-1][1] += part.function.arguments
                    shown += len(part.function.arguments)
                shown += len(getattr(choice.delta, "reasoning", None) or "")
                end = choice.finish_reason or end
            return thought, text, [(name, json.loads(arguments)) for name, arguments in calls], end

        async def kill():
            for index, part in ((0, 0.15), (1, 0.6)):
                while shown < part * 12 * len(output):
                    await asyncio.sleep(0.002)
                await asyncio.to_thread(end_worker, fleet.workers[index])
                fleet.restart_worker(index)

        killing = asyncio.create_task(kill())
        told = await asyncio.gather(*(ask() for _ in range(12)))
        await killing
        await client.close()
        return told
