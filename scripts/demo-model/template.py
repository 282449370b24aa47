"""Renders the shipped chat template the way Hugging Face does, so that training text is serving text."""

import json
from pathlib import Path

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

SOURCE = (Path(__file__).parent / "chat_template.jinja").read_text()


def refuse(message):
    raise jinja2.TemplateError(message)


# Jinja's own `tojson` sorts keys and escapes HTML; Hugging Face's, and Millrace's, does neither.
environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
environment.globals["raise_exception"] = refuse
template = environment.from_string(SOURCE)


def render(messages: list[dict], tools: list[dict] | None = None, add_generation_prompt: bool = False) -> str:
    return template.render(messages=messages, tools=tools, add_generation_prompt=add_generation_prompt)
