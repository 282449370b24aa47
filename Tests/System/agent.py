"""Requests in the shape of coding agents': long system texts and tools, and lines that change each time."""

import json
import pathlib
import random
import shutil

from program import DEMO_MODEL

WORDS = (
    "agent answer branch build cache change check client code command commit compile config copy directory "
    "edit error exact file find folder function guard history index input kernel lane late ledger limit line "
    "list lock match message model module move name number option order output parse patch path plan process "
    "prompt queue read record release repair reply report request result review rule run search section seed "
    "server shell socket source stack state step stream string table task test text thread token tool tree "
    "type update value verify wait work worker write"
).split()
TOOLS = ("Read", "Write", "Edit", "Bash", "Glob", "Grep", "Fetch", "Plan", "Ask", "Notebook", "Todo", "Agent")
BETAS = ["claude-code-20250219", "interleaved-thinking-2025-05-14", "nobody-knows-2031-01-01"]
IDENTITY = "You are Claude Code, Anthropic's official CLI for Claude."
CACHED = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}


def make_model(folder, context=65536):
    """The demo model's vocabulary and template with one of its layers: quick at any length."""
    folder = pathlib.Path(folder)
    shutil.copytree(DEMO_MODEL, folder)
    config = json.loads((folder / "config.json").read_text())
    config |= {"max_position_embeddings": context, "num_hidden_layers": 1, "max_window_layers": 1}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def prose(seed, count):
    """So many sentences, always the same ones for a seed."""
    draw = random.Random(seed)
    sentences = []
    for _ in range(count):
        words = [draw.choice(WORDS) for _ in range(draw.randint(6, 12))]
        sentences.append(" ".join(words).capitalize() + ".")
    return " ".join(sentences)


def schema(seed):
    """A tool's input with keywords that a reader may not know."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "path": {"type": "string", "description": prose(f"{seed} path", 3), "minLength": 1},
            "limit": {"anyOf": [{"type": "integer", "exclusiveMinimum": 0}, {"type": "null"}]},
            "url": {"type": "string", "format": "uri", "description": prose(f"{seed} url", 2)},
            "mode": {"enum": ["fast", "whole", None], "description": 'Says "how".\nNothing else.'},
            "edits": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"old": {"type": "string"}, "new": {"type": "string"}},
                    "required": ["old", "new"],
                    "additionalProperties": False,
                },
                "maxItems": 64,
            },
            "env": {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "propertyNames": {"pattern": "^[A-Z]+$"},
                "default": {},
            },
        },
        "required": ["path"],
        "additionalProperties": False,
    }


def anthropic_tools(sentences):
    tools = [
        {"name": name, "description": prose(name, sentences), "input_schema": schema(name)} for name in TOOLS
    ]
    tools[-1] |= CACHED
    return tools


class ClaudeCode:
    """A conversation as Claude Code has it: each request repeats the history under new machinery."""

    def __init__(self, seed, model="claude-sonnet-4-20250514", sentences=1200, tool_sentences=25):
        self.model = model
        self.draw = random.Random(f"{seed} lines")
        self.prompt = prose(seed, sentences)
        self.tools = anthropic_tools(tool_sentences)
        self.messages = [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "<system-reminder>\nToday is a day.\n</system-reminder>"},
                    {"type": "text", "text": prose(f"{seed} question", 3), **CACHED},
                ],
            }
        ]

    def attribution(self):
        return (
            f"x-anthropic-billing-header: cc_version=2.1.77.{self.draw.randrange(4096):03x}; "
            f"cc_entrypoint=cli; cch={self.draw.randrange(1 << 20):05x};"
        )

    def budget(self):
        count = self.draw.randrange(1_000_000, 15_000_000)
        return [{"type": "text", "text": f"<total_tokens>{count} tokens left</total_tokens>"}]

    def answer(self, texts, is_error=False):
        """The model called two tools, and they answered."""
        first, second = f"toolu_{len(self.messages):04}a", f"toolu_{len(self.messages):04}b"
        self.messages += [
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Which file?", "signature": "c2lnbg=="},
                    {"type": "text", "text": "I look at both of them."},
                    {"type": "tool_use", "id": first, "name": "Read", "input": {"path": "a/b", "limit": 20}},
                    {"type": "tool_use", "id": second, "name": "Bash", "input": {"path": "ls \"a b\"\n"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": first, "content": texts[0]},
                    {
                        "type": "tool_result",
                        "tool_use_id": second,
                        "content": [{"type": "text", "text": texts[1]}],
                        "is_error": is_error,
                        **CACHED,
                    },
                ],
            },
            # Each of its own budget, the older ones too.
            {"role": "system", "content": None},
        ]

    def ask(self, text):
        self.messages += [
            {"role": "assistant", "content": [{"type": "text", "text": "That is all that I have found."}]},
            {"role": "user", "content": text},
            {"role": "system", "content": "Keep to the plan that was agreed on."},
        ]

    def body(self, **more):
        """The next request; no two are the same."""
        messages = [
            message if message["content"] is not None else {"role": "system", "content": self.budget()}
            for message in self.messages
        ]
        return {
            "model": self.model,
            "max_tokens": 8,
            "system": [
                {"type": "text", "text": self.attribution()},
                {"type": "text", "text": IDENTITY, **CACHED},
                {"type": "text", "text": self.prompt, **CACHED},
            ],
            "messages": messages,
            "tools": self.tools,
            "metadata": {"user_id": "user_0_account__session_1"},
            "thinking": {"type": "adaptive"},
            "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
            "output_config": {"effort": "high"},
            **more,
        }

    def title(self):
        """The side request that asks whether there is anything new to call the conversation."""
        return {
            "model": "claude-haiku-4-5-20251001",
            "max_tokens": 1,
            "system": [
                {"type": "text", "text": self.attribution()},
                {"type": "text", "text": "Name the conversation in three words."},
            ],
            "messages": [{"role": "user", "content": prose("title", 2)}],
            "metadata": {"user_id": "user_0_account__session_1"},
        }
