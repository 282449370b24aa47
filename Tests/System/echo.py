"""Model folders without weights whose model says what a prompt tells it to, in the words of any family."""

import json
import pathlib

# The printable bytes stand for themselves in byte-level vocabularies, the others for letters from 256 on.
PRINTABLE = [*range(33, 127), *range(161, 173), *range(174, 256)]
SIGNS = ["<|say|>", "<|said|>", "<|reply|>", "<|over|>", "<|turn_over|>"]


def alphabet():
    letters, more = {}, 256
    for byte in range(256):
        letters[byte] = chr(byte) if byte in PRINTABLE else chr(more)
        more += byte not in PRINTABLE
    return [letters[byte] for byte in range(256)]


def make_model(folder, template, specials=(), added=()):
    """A folder that the program serves; `specials` are special tokens, `added` are tokens and are not."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    letters = alphabet()
    tokens = [(text, True) for text in [*SIGNS, *specials]] + [(text, False) for text in added]
    added_tokens = [
        {
            "id": 256 + index,
            "content": text,
            "special": special,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
        }
        for index, (text, special) in enumerate(tokens)
    ]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    tokenizer = {
        "version": "1.0",
        "added_tokens": added_tokens,
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": None,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "vocab": {letter: byte for byte, letter in enumerate(letters)},
            "merges": [],
        },
    }
    ids = {token["content"]: token["id"] for token in added_tokens}
    files = {
        "config.json": {"model_type": "millrace_echo", "eos_token_id": ids["<|over|>"]},
        "tokenizer.json": tokenizer,
        "tokenizer_config.json": {"eos_token": "<|over|>", "chat_template": template},
    }
    for name, document in files.items():
        (folder / name).write_text(json.dumps(document, ensure_ascii=False))
    return folder


def template(marks, opens="", switch=None):
    """A chat template of a family with these marks, which begins its answers with `opens`.

    `switch` is what it begins with where thinking is switched off.
    """
    answer = "<|reply|>" + opens
    if switch is not None:
        answer = "{% if enable_thinking is false %}<|reply|>" + switch + "{% else %}" + answer + "{% endif %}"
    return (
        "{# " + marks + " #}"
        "{% for message in messages %}"
        "{{ message.role }}: {{ message.content }}"
        "{% for call in message.tool_calls or [] %}[{{ call.id }} {{ call.function.name }}]{% endfor %}"
        "<|turn_over|>"
        "{% endfor %}"
        "{% if add_generation_prompt %}" + answer + "{% endif %}"
    )


def say(text):
    """The content of a message that has the model say this."""
    return f"<|say|>{text}<|said|>"
