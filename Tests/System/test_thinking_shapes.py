"""A model that thinks, under a shape: free until its thought ends, then held to the shape, in every API."""

import json
import pathlib
import shutil
import tempfile
import unittest

import anthropic
import jsonschema
import openai

from echo import make_model, say, template
from program import Server

# No beginning of it satisfies the schema.
THOUGHT = 'Well: {"ok": maybe} and [1, "yes" are not what is asked for.'
SCHEMA = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}, "n": {"type": "integer", "minimum": 1, "maximum": 99}},
    "required": ["ok", "n"],
    "additionalProperties": False,
}
RIGHT = '{"ok": true, "n": 7}'
WRONG = 'Certainly! {"ok": "perhaps"}'
# A second thought, which chance may begin where the model is kept from what it wanted to say, ends here.
BUDGET = 200


class Thinker:
    """A family that thinks: what its model says around a thought, an answer and a call."""

    def __init__(self, name, marks, opens="", specials=(), added=(), **more):
        self.name = name
        self.template = template(marks, opens)
        self.specials = specials
        self.added = added
        self.thought = more["thought"]
        self.answer = more.get("answer", "{}")
        self.call = more["call"]

    def says(self, answer):
        return self.thought.format(THOUGHT) + self.answer.format(answer)

    def calls(self, arguments):
        return self.thought.format(THOUGHT) + self.call.format(arguments)


class Plain(str):
    """Marks with braces of their own, in which only `{}` is a place."""

    def format(self, text):
        return self.replace("{}", text)


HERMES_CALL = Plain('<tool_call>\n{"name": "plan", "arguments": {}}\n</tool_call>')
HARMONY = ["<|start|>", "<|channel|>", "<|message|>", "<|end|>", "<|call|>", "<|return|>", "<|constrain|>"]
THINKERS = [
    Thinker(
        "begun-by-the-template",
        "<tool_call>",
        opens="<think>\n",
        added=["<think>", "</think>"],
        thought=Plain("<think>\n{}\n</think>\n\n"),
        call=HERMES_CALL,
    ),
    Thinker(
        "begun-by-a-token",
        "<tool_call> <think>",
        specials=["<think>", "</think>", "<tool_call>", "</tool_call>"],
        thought=Plain("<think>\n{}\n</think>\n\n"),
        call=HERMES_CALL,
    ),
    Thinker(
        "spelled",
        "<tool_call> <think>",
        thought=Plain("<think>\n{}\n</think>\n\n"),
        call=HERMES_CALL,
    ),
    Thinker(
        "mistral",
        "[TOOL_CALLS]",
        specials=["[TOOL_CALLS]", "[ARGS]", "[THINK]", "[/THINK]"],
        thought=Plain("[THINK]{}[/THINK]"),
        call=Plain("[TOOL_CALLS]plan[ARGS]{}"),
    ),
    Thinker(
        "harmony",
        "<|channel|> <|message|>",
        opens="<|start|>assistant",
        specials=HARMONY,
        thought=Plain(
            "<|start|>assistant<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>"
        ),
        answer=Plain("final<|message|>{}<|return|>"),
        call=Plain("commentary to=functions.plan <|constrain|>json<|message|>{}<|call|>"),
    ),
]


class Told:
    """What a client was told, whichever API told it."""

    def __init__(self):
        self.thought = ""
        self.text = ""
        self.calls = []
        self.is_whole = False


class Clients:
    """The same request to every API, streamed and whole."""

    def __init__(self, url):
        self.openai = openai.OpenAI(api_key="none", base_url=f"{url}/v1", max_retries=0)
        self.anthropic = anthropic.Anthropic(api_key="none", base_url=url, max_retries=0)

    def close(self):
        self.openai.close()
        self.anthropic.close()

    def ways(self):
        for ask in (self.chat, self.response, self.message):
            for streams in (False, True):
                yield f"{ask.__name__} {'streamed' if streams else 'whole'}", ask, streams

    def chat(self, model, script, streams, shape=None, tools=None, must_call=False, thinks=True):
        fields = {"model": model, "messages": [{"role": "user", "content": say(script)}], "max_tokens": 1500}
        if shape:
            format_ = {"name": "x", "schema": shape, "strict": True}
            fields["response_format"] = {"type": "json_schema", "json_schema": format_}
        if tools:
            fields["tools"] = [
                {"type": "function", "function": {"name": name, "parameters": schema, "strict": True}}
                for name, schema in tools.items()
            ]
            fields["tool_choice"] = "required" if must_call else "auto"
            fields["parallel_tool_calls"] = False
        fields["extra_body"] = {"thinking_token_budget": BUDGET} if thinks else {"enable_thinking": False}
        create = self.openai.chat.completions.create
        if streams:
            with self.openai.chat.completions.stream(**fields) as stream:
                choice = stream.get_final_completion().choices[0]
        else:
            choice = create(**fields).choices[0]
        told = Told()
        told.thought = getattr(choice.message, "reasoning_content", None) or ""
        told.text = choice.message.content or ""
        calls = [call.function for call in choice.message.tool_calls or []]
        told.calls = [(call.name, json.loads(call.arguments)) for call in calls]
        told.is_whole = choice.finish_reason != "length"
        return told

    def response(self, model, script, streams, shape=None, tools=None, must_call=False, thinks=True):
        fields = {"model": model, "input": say(script), "max_output_tokens": 1500, "store": False}
        if shape:
            fields["text"] = {"format": {"type": "json_schema", "name": "x", "schema": shape, "strict": True}}
        if tools:
            fields["tools"] = [
                {"type": "function", "name": name, "parameters": schema, "strict": True}
                for name, schema in tools.items()
            ]
            fields["tool_choice"] = "required" if must_call else "auto"
            fields["parallel_tool_calls"] = False
        fields["extra_body"] = {"thinking_token_budget": BUDGET} if thinks else {"enable_thinking": False}
        if streams:
            with self.openai.responses.stream(**fields) as stream:
                reply = stream.get_final_response()
        else:
            reply = self.openai.responses.create(**fields)
        told = Told()
        for item in reply.output:
            if item.type == "reasoning":
                told.thought += item.content[0].text
            elif item.type == "function_call":
                told.calls.append((item.name, json.loads(item.arguments)))
        told.text = reply.output_text
        told.is_whole = reply.status == "completed"
        return told

    def message(self, model, script, streams, shape=None, tools=None, must_call=False, thinks=True):
        fields = {"model": model, "messages": [{"role": "user", "content": say(script)}], "max_tokens": 1500}
        if shape:
            fields["output_config"] = {"format": {"type": "json_schema", "schema": shape}}
        if tools:
            fields["tools"] = [
                {"name": name, "input_schema": schema, "strict": True} for name, schema in tools.items()
            ]
            kind = "any" if must_call else "auto"
            fields["tool_choice"] = {"type": kind, "disable_parallel_tool_use": True}
        enabled = {"type": "enabled", "budget_tokens": BUDGET}
        fields["thinking"] = enabled if thinks else {"type": "disabled"}
        if streams:
            with self.anthropic.messages.stream(**fields) as stream:
                reply = stream.get_final_message()
        else:
            reply = self.anthropic.messages.create(**fields)
        told = Told()
        for block in reply.content:
            if block.type == "thinking":
                told.thought += block.thinking
            elif block.type == "text":
                told.text += block.text
            else:
                told.calls.append((block.name, block.input))
        told.is_whole = reply.stop_reason != "max_tokens"
        return told


class AThinker(unittest.TestCase):
    """Through the real edge, coordinator and worker, with a model that says what it is told to."""

    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-"))
        cls.addClassCleanup(shutil.rmtree, folder, True)
        words = []
        for thinker in THINKERS:
            made = make_model(folder / thinker.name, thinker.template, thinker.specials, thinker.added)
            words += ["--model", made]
        cls.server = Server(*words)
        cls.addClassCleanup(cls.server.close)
        cls.clients = Clients(cls.server.url)
        cls.addClassCleanup(cls.clients.close)

    def each(self, check):
        """Checks every family in every API, streamed and whole."""
        for thinker in THINKERS:
            for way, ask, streams in self.clients.ways():
                with self.subTest(thinker.name, way=way):

                    def told(script, ask=ask, name=thinker.name, streams=streams, **fields):
                        return ask(name, script, streams, **fields)

                    check(thinker, told)

    def check_shape(self, value):
        jsonschema.Draft202012Validator(SCHEMA).validate(value)

    def test_says_what_it_thinks_and_then_what_has_the_shape(self):
        def check(thinker, ask):
            told = ask(thinker.says(RIGHT), shape=SCHEMA)
            self.assertEqual((told.thought.strip(), told.text, told.is_whole), (THOUGHT, RIGHT, True))

        self.each(check)

    def test_is_held_to_the_shape_behind_its_thought_alone(self):
        def check(thinker, ask):
            told = ask(thinker.says(WRONG), shape=SCHEMA)
            self.assertTrue(told.thought.strip().startswith(THOUGHT), told.thought)
            self.assertTrue(told.is_whole)
            self.check_shape(json.loads(told.text))

        self.each(check)

    def test_has_right_arguments_where_its_tools_are_strict(self):
        def check(thinker, ask):
            for must_call in (False, True):
                wanted = {"tools": {"plan": SCHEMA}, "must_call": must_call}
                told = ask(thinker.calls(RIGHT), **wanted)
                self.assertEqual((told.thought.strip(), told.text.strip()), (THOUGHT, ""))
                self.assertEqual((told.calls, told.is_whole), ([("plan", json.loads(RIGHT))], True))
                told = ask(thinker.calls('{"ok": "perhaps"}'), **wanted)
                self.assertEqual((told.thought.strip(), told.is_whole), (THOUGHT, True))
                self.assertEqual([name for name, _ in told.calls], ["plan"])
                self.check_shape(told.calls[0][1])

        self.each(check)

    def test_calls_behind_its_thought_where_it_has_to(self):
        def check(thinker, ask):
            tools = {"plan": SCHEMA, "other": SCHEMA}
            told = ask(thinker.says("I had rather not."), tools=tools, must_call=True)
            self.assertTrue(told.thought.strip().startswith(THOUGHT), told.thought)
            self.assertEqual((told.text.strip(), told.is_whole, len(told.calls)), ("", True, 1))
            self.assertIn(told.calls[0][0], tools)
            self.check_shape(told.calls[0][1])

        self.each(check)

    def test_does_not_think_where_nobody_wants_it(self):
        def check(thinker, ask):
            told = ask(thinker.says(RIGHT), shape=SCHEMA, thinks=False)
            self.assertEqual((told.thought, told.is_whole), ("", True))
            self.check_shape(json.loads(told.text))

        self.each(check)


class TheDemoModel(unittest.TestCase):
    """A model with weights, at a high temperature: whatever it thinks, its answers have the shape."""

    def test_thinks_and_answers(self):
        server = Server("--output-format", "hermes")
        self.addCleanup(server.close)
        clients = Clients(server.url)
        self.addCleanup(clients.close)
        thoughts = 0
        for way, ask, streams in clients.ways():
            with self.subTest(way=way):
                told = ask("demo", "what is a lane?", streams, shape=SCHEMA)
                thoughts += bool(told.thought)
                self.assertTrue(told.is_whole)
                jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(told.text))
                told = ask("demo", "what is a lane?", streams, tools={"plan": SCHEMA}, must_call=True)
                self.assertEqual([name for name, _ in told.calls], ["plan"])
                jsonschema.Draft202012Validator(SCHEMA).validate(told.calls[0][1])
        print(f"{thoughts} thoughts; ", end="")


if __name__ == "__main__":
    unittest.main()
