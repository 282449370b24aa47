"""Requests with five hundred tools: a call of one of them is enforced like one of a few."""

import json
import pathlib
import random
import shutil
import tempfile
import time
import unittest

import anthropic
import jsonschema
import openai

from echo import make_model, say
from program import Server

COUNT = 500
# Shows names alone, so that so many fit its context.
TEMPLATE = (
    "{# <tool_call> #}"
    "{% for tool in tools or [] %}{{ tool.function.name }} {% endfor %}"
    "{% for message in messages %}{{ message.content }}<|turn_over|>{% endfor %}<|reply|>"
)


def parameters(number):
    """All different, and with bounds, so that a model that says anything at all comes to an end."""
    draw = random.Random(number)
    kinds = [
        {"type": "integer", "minimum": draw.randrange(10), "maximum": 10 + draw.randrange(90)},
        {"type": "string", "maxLength": 1 + draw.randrange(4)},
        {"enum": ["asc", "desc", f"by_{number}"]},
        {"type": ["boolean", "null"]},
        {"type": "array", "items": {"type": "boolean"}, "maxItems": 1 + draw.randrange(3)},
        {
            "type": "object",
            "properties": {"from": {"type": "string", "maxLength": 2}, "line": {"type": "boolean"}},
            "required": ["line"],
            "additionalProperties": False,
        },
    ]
    properties = {f"p{place}_{draw.randrange(1000)}": draw.choice(kinds) for place in range(5)}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties)[:2],
        "additionalProperties": False,
    }


SCHEMAS = {f"tool_{number}": parameters(number) for number in range(COUNT)}
OPENAI = [
    {"type": "function", "function": {"name": name, "parameters": schema}}
    for name, schema in SCHEMAS.items()
]
ANTHROPIC = [{"name": name, "input_schema": schema} for name, schema in SCHEMAS.items()]


class ManyTools(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-"))
        cls.addClassCleanup(shutil.rmtree, folder, True)
        cls.server = Server("--model", make_model(folder / "echo", TEMPLATE))
        cls.addClassCleanup(cls.server.close)
        cls.openai = openai.OpenAI(api_key="none", base_url=f"{cls.server.url}/v1", max_retries=0)
        cls.addClassCleanup(cls.openai.close)
        cls.anthropic = anthropic.Anthropic(api_key="none", base_url=cls.server.url, max_retries=0)
        cls.addClassCleanup(cls.anthropic.close)

    def chat(self, script, tools, **fields):
        began = time.monotonic()
        reply = self.openai.chat.completions.create(
            model="echo",
            messages=[{"role": "user", "content": say(script)}],
            tools=tools,
            max_tokens=1000,
            parallel_tool_calls=False,
            **fields,
        )
        return reply.choices[0], time.monotonic() - began

    def check(self, calls):
        self.assertEqual(len(calls), 1)
        name, arguments = calls[0]
        jsonschema.Draft202012Validator(SCHEMAS[name]).validate(arguments)
        return name

    def test_one_has_to_be_called(self):
        names, times = set(), []
        for seed in range(12):
            choice, seconds = self.chat("No.", OPENAI, tool_choice="required", seed=seed)
            self.assertEqual(choice.finish_reason, "tool_calls")
            calls = [(call.function.name, json.loads(call.function.arguments))
                     for call in choice.message.tool_calls]
            names.add(self.check(calls))
            times.append(seconds)
        self.assertGreater(len(names), 6)
        _, few = self.chat("No.", OPENAI[:1], tool_choice="required", seed=1)
        print(f"first {times[0]:.2f} s, then {sorted(times)[6]:.2f} s, of one tool {few:.2f} s; ", end="")

    def test_one_has_to_be_called_in_the_other_api(self):
        for _ in range(3):
            reply = self.anthropic.messages.create(
                model="echo",
                messages=[{"role": "user", "content": say("No.")}],
                max_tokens=1000,
                tools=ANTHROPIC,
                tool_choice={"type": "any", "disable_parallel_tool_use": True},
            )
            self.assertEqual(reply.stop_reason, "tool_use")
            self.check([(block.name, block.input) for block in reply.content])

    def test_the_one_that_is_named_is_called(self):
        named = {"type": "function", "function": {"name": "tool_321"}}
        choice, _ = self.chat("No.", OPENAI, tool_choice=named)
        call = choice.message.tool_calls[0].function
        self.assertEqual(self.check([(call.name, json.loads(call.arguments))]), "tool_321")

    def test_the_one_that_the_model_wants_is_called_rightly_if_all_are_strict(self):
        strict = [{**tool, "function": {**tool["function"], "strict": True}} for tool in OPENAI]
        script = '<tool_call>\n{"name": "tool_77", "arguments": {"nonsense": 1}}\n</tool_call>'
        choice, _ = self.chat(script, strict)
        call = choice.message.tool_calls[0].function
        self.assertEqual(self.check([(call.name, json.loads(call.arguments))]), "tool_77")


if __name__ == "__main__":
    unittest.main()
