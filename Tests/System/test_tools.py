"""Calls that have to come: what the demo model says at a high temperature in every format of calls.

MILLRACE_SEEDS is how many seeds each format is asked with, 3 if nothing says so.
"""

import http.client
import json
import os
import re
import subprocess
import unittest

import jsonschema

from program import BINARY, HOST, Server

SEEDS = int(os.environ.get("MILLRACE_SEEDS", "3"))
QUESTION = [{"role": "user", "content": "what is a lane?"}]


def formats():
    """The names that --output-format takes, which the program tells whoever gives it another one."""
    words = [BINARY, "serve", "--output-format", "?"]
    said = subprocess.run(words, capture_output=True, text=True, check=False).stderr
    names = re.findall("[a-z0-9-]+", said.partition("plain,")[2])
    return [name for name in names if name not in ("or", "not")]


SCHEMAS = {
    "get_weather": {
        "type": "object",
        "properties": {
            "city": {"type": "string", "minLength": 1, "maxLength": 12},
            "days": {"type": "integer", "minimum": 1, "maximum": 14},
            "unit": {"enum": ["celsius", "fahrenheit", "it's \"K\"", "</parameter>", None, 1.5]},
        },
        "required": ["city", "days"],
        "additionalProperties": False,
    },
    "search": {
        "type": "object",
        "properties": {
            "query": {"type": "string", "pattern": "^[a-z]{2,6}( [a-z]{1,6}){0,2}$"},
            "limit": {"type": ["integer", "null"], "minimum": 5},
            "exact": {"type": "boolean"},
            "ratio": {"type": "number", "exclusiveMinimum": 0, "maximum": 2},
            "tags": {"type": "array", "items": {"type": "string", "maxLength": 5}, "maxItems": 3},
            "label": {"anyOf": [{"type": "string", "maxLength": 4}, {"type": "integer", "minimum": 1000}]},
            "flag": {"anyOf": [{"type": "string", "maxLength": 5}, {"const": True}]},
            "place": {"$ref": "#/$defs/place"},
        },
        "required": ["query", "ratio", "label", "flag", "place"],
        "additionalProperties": False,
        "$defs": {
            "place": {
                "type": "object",
                "properties": {"x": {"type": "integer", "maximum": 99}, "y": {"type": ["number", "null"]}},
                "required": ["x", "y"],
                "additionalProperties": False,
            }
        },
    },
    "now": {"type": "object", "properties": {}, "additionalProperties": False},
}
OPENAI = [
    {"type": "function", "function": {"name": name, "parameters": schema}}
    for name, schema in SCHEMAS.items()
]
ANTHROPIC = [{"name": name, "input_schema": schema} for name, schema in SCHEMAS.items()]


def named(name):
    return {"type": "function", "function": {"name": name}}


def strict(tools):
    return [{**tool, "function": {**tool["function"], "strict": True}} for tool in tools]


def read_openai(chunks):
    """The calls of every choice of a streamed reply, and why it ended."""
    calls, ends = {}, {}
    for chunk in chunks:
        for choice in chunk["choices"]:
            found = calls.setdefault(choice["index"], {})
            for piece in choice["delta"].get("tool_calls") or []:
                call = found.setdefault(piece["index"], ["", ""])
                call[0] += piece["function"].get("name") or ""
                call[1] += piece["function"].get("arguments") or ""
            ends[choice["index"]] = choice["finish_reason"] or ends.get(choice["index"])
    return [([tuple(call) for call in calls[index].values()], ends[index]) for index in sorted(calls)]


def read_anthropic(events):
    calls, end = {}, None
    for event in events:
        if event["type"] == "content_block_start" and event["content_block"]["type"] == "tool_use":
            calls[event["index"]] = [event["content_block"]["name"], ""]
        if event["type"] == "content_block_delta" and event["delta"]["type"] == "input_json_delta":
            calls[event["index"]][1] += event["delta"]["partial_json"]
        if event["type"] == "message_delta":
            end = event["delta"]["stop_reason"]
    return [([(name, text or "{}") for name, text in calls.values()], end)]


class EnforcedCalls(unittest.TestCase):
    server = None

    def post(self, path, **fields):
        body = {"model": "demo", "messages": QUESTION, "max_tokens": 400, "temperature": 1.5, **fields}
        connection = http.client.HTTPConnection(HOST, self.server.port, timeout=120)
        try:
            connection.request("POST", path, json.dumps(body), {"content-type": "application/json"})
            reply = connection.getresponse()
            text = reply.read().decode()
        finally:
            connection.close()
        if not fields.get("stream") or reply.status != 200:
            return reply.status, json.loads(text)
        lines = [line[6:] for line in text.splitlines() if line.startswith("data: ")]
        return reply.status, [json.loads(line) for line in lines if line != "[DONE]"]

    def calls(self, path, fields):
        """Per choice the calls and whether the answer is whole."""
        status, reply = self.post(path, **fields)
        self.assertEqual(status, 200, reply)
        is_openai = path.endswith("completions")
        if fields.get("stream"):
            found = read_openai(reply) if is_openai else read_anthropic(reply)
        elif is_openai:
            found = []
            for choice in reply["choices"]:
                calls = choice["message"].get("tool_calls") or []
                pairs = [(call["function"]["name"], call["function"]["arguments"]) for call in calls]
                found.append((pairs, choice["finish_reason"]))
        else:
            blocks = [block for block in reply["content"] if block["type"] == "tool_use"]
            pairs = [(block["name"], json.dumps(block["input"])) for block in blocks]
            found = [(pairs, reply["stop_reason"])]
        return [(calls, end not in ("length", "max_tokens")) for calls, end in found]

    def check(self, choices, names, least=1, most=None):
        """How many of the answers came to their end; each of those is nothing but right calls."""
        whole = 0
        for calls, is_whole in choices:
            if not is_whole:
                continue
            whole += 1
            self.assertGreaterEqual(len(calls), least)
            self.assertLessEqual(len(calls), most or len(calls))
            for name, arguments in calls:
                self.assertIn(name, names)
                jsonschema.Draft202012Validator(SCHEMAS[name]).validate(json.loads(arguments))
        return whole

    def cases(self, seed):
        """Requests with the names that may be called, and how many calls an answer may hold."""
        openai, anthropic = "/v1/chat/completions", "/v1/messages"
        streams = seed % 2 == 0
        # A model that says anything at all does not come to the end of a thought by itself.
        common = {"seed": seed, "stream": streams, "tools": OPENAI}
        common |= {"thinking_token_budget": 12} if seed % 3 else {"reasoning_effort": "none"}
        allowed = {
            "type": "allowed_tools",
            "allowed_tools": {"mode": "required", "tools": [named("search"), named("now")]},
        }
        one = {"parallel_tool_calls": False}
        yield openai, {**common, **one, "n": 3, "tool_choice": "required"}, SCHEMAS, 1
        yield openai, {**common, "tool_choice": "required"}, SCHEMAS, None
        yield openai, {**common, **one, "tool_choice": named("search")}, ["search"], 1
        yield openai, {**common, **one, "tool_choice": allowed}, ["search", "now"], 1
        common = {"stream": streams, "tools": ANTHROPIC, "temperature": 1, "thinking": {"type": "disabled"}}
        single = {"disable_parallel_tool_use": True}
        yield anthropic, {**common, "tool_choice": {"type": "any", **single}}, SCHEMAS, 1
        chosen = {"type": "tool", "name": "get_weather", **single}
        yield anthropic, {**common, "tool_choice": chosen}, ["get_weather"], 1

    def ask_all(self):
        whole = asked = 0
        for seed in range(SEEDS):
            for path, fields, names, most in self.cases(seed):
                with self.subTest(seed=seed, path=path, choice=fields["tool_choice"]):
                    choices = self.calls(path, fields)
                    asked += len(choices)
                    whole += self.check(choices, names, 1, most)
        return whole, asked

    def ask_strictly(self):
        """With strict tools and no duty to call one: whatever call comes is right."""
        for seed in range(SEEDS):
            choices = self.calls(
                "/v1/chat/completions",
                {"seed": seed, "tools": strict(OPENAI), "n": 2, "max_tokens": 60, "stream": seed % 2 == 0},
            )
            self.check(choices, SCHEMAS, least=0)


def test_of(name):
    def test(self):
        self.server = Server("--output-format", name, "--threads", "1")
        self.addCleanup(self.server.close)
        whole, asked = self.ask_all()
        self.ask_strictly()
        print(f"{name}: {whole} of {asked} answers came to their end", flush=True)
        self.assertGreater(whole, asked // 3)

    return test


for _name in formats():
    setattr(EnforcedCalls, f"test_{_name}", test_of(_name))


if __name__ == "__main__":
    unittest.main()
