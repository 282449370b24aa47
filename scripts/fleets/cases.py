"""What the clients of a run ask for: both APIs, streamed and whole, greedy and sampled, long and short, free
and of a given shape."""

import json

from answers import Answer


class Case:
    """One request and how its reply is read."""

    def __init__(self, name, path, body, weight=1, headers=()):
        self.name = name
        self.path = path
        self.fields = body
        self.body = json.dumps(body).encode()
        self.weight = weight
        self.headers = headers
        self.is_streamed = bool(body.get("stream"))
        self.read_event, self.read_whole = READERS[path]

    def __str__(self):
        return self.name


def _chat_event(event, answer):
    for choice in event["choices"]:
        _read_choice(choice["index"], choice["delta"], choice, answer)
    _read_usage(event.get("usage"), answer)


def _chat_reply(reply, answer):
    for choice in reply["choices"]:
        _read_choice(choice["index"], choice["message"], choice, answer)
    _read_usage(reply["usage"], answer)


def _read_choice(index, message, choice, answer):
    for kind in ("content", "reasoning_content"):
        answer.add((index, kind), message.get(kind))
    for number, call in enumerate(message.get("tool_calls") or []):
        place = (index, "call", call.get("index", number))
        function = call["function"]
        # A call's id is drawn anew for each request.
        answer.add(place, f"{function['name']} " if function.get("name") else "")
        answer.add(place, function.get("arguments"))
    logprobs = (choice.get("logprobs") or {}).get("content") or []
    answer.add_tokens(index, [(entry["token"], entry["logprob"]) for entry in logprobs])
    if choice.get("finish_reason"):
        answer.ends[index] = choice["finish_reason"]


def _completion(reply, answer):
    for choice in reply["choices"]:
        answer.add((choice["index"], "text"), choice["text"])
        logprobs = choice.get("logprobs") or {}
        pairs = zip(logprobs.get("tokens") or [], logprobs.get("token_logprobs") or [])
        answer.add_tokens(choice["index"], pairs)
        if choice.get("finish_reason"):
            answer.ends[choice["index"]] = choice["finish_reason"]
    _read_usage(reply.get("usage"), answer)


def _read_usage(usage, answer):
    if usage:
        answer.completion_tokens = usage["completion_tokens"]


def _message_event(event, answer):
    kind = event["type"]
    if kind == "content_block_start":
        block = event["content_block"]
        answer.add((event["index"], block["type"]), block.get("name"))
    elif kind == "content_block_delta":
        delta = event["delta"]
        text = delta.get("text") or delta.get("thinking") or delta.get("partial_json")
        answer.add((event["index"], delta["type"]), text)
    elif kind == "message_delta":
        answer.ends[0] = event["delta"]["stop_reason"]
        answer.completion_tokens = event["usage"]["output_tokens"]
    return kind == "message_stop"


def _message_reply(reply, answer):
    for index, block in enumerate(reply["content"]):
        if block["type"] == "text":
            answer.add((index, "text_delta"), block["text"])
        elif block["type"] == "thinking":
            answer.add((index, "thinking_delta"), block["thinking"])
        else:
            answer.add((index, block["type"]), block["name"])
            answer.add((index, "input_json_delta"), json.dumps(block["input"]))
    answer.ends[0] = reply["stop_reason"]
    answer.completion_tokens = reply["usage"]["output_tokens"]


def _response_event(event, answer):
    if event["type"] == "response.output_text.delta":
        answer.add((event["output_index"], "text"), event["delta"])
    if event["type"] not in ("response.completed", "response.incomplete", "response.failed"):
        return False
    # The last event tells all of it again: both have to agree.
    again = Answer()
    _response_reply(event["response"], again)
    if again.texts != answer.texts:
        answer.add((0, "told again as"), json.dumps([str(again.texts), str(answer.texts)]))
    answer.ends, answer.completion_tokens = again.ends, again.completion_tokens
    return True


def _response_reply(reply, answer):
    for index, item in enumerate(reply["output"]):
        for part in item.get("content") or []:
            answer.add((index, "text"), part.get("text"))
    answer.ends[0] = reply["status"]
    answer.completion_tokens = (reply.get("usage") or {}).get("output_tokens")


CHAT, COMPLETIONS = "/v1/chat/completions", "/v1/completions"
MESSAGES, RESPONSES = "/v1/messages", "/v1/responses"
READERS = {
    CHAT: (_chat_event, _chat_reply),
    COMPLETIONS: (_completion, _completion),
    MESSAGES: (_message_event, _message_reply),
    RESPONSES: (_response_event, _response_reply),
}

QUESTIONS = ["tell me a story", "what is a lane?", "hello", "how do I start it?", "who are you?"]
# Enough to keep and to find again in a prefix cache.
LONG_PROMPT = " ".join(f"{question} and then {number}," for number in range(25) for question in QUESTIONS)
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 40}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
TOOL = {"name": "look_up", "description": "Looks something up.", "parameters": PERSON}


def _turn(text):
    return [{"role": "user", "content": text}]


def _chat(name, question, weight=1, headers=(), **fields):
    body = {"model": "demo", "messages": _turn(question), "stream": True, **fields}
    if body["stream"]:
        body["stream_options"] = {"include_usage": True}
    return Case(name, CHAT, body, weight, headers)


def all_cases():
    """Every kind of request; the same list each time."""
    hot = {"temperature": 1.5, "top_p": 1, "top_k": 0}
    long = {"ignore_eos": True, "max_tokens": 1400}
    whole = {"stream": False}
    shape = {"type": "json_schema", "json_schema": {"name": "person", "schema": PERSON}}
    tools = [{"type": "function", "function": TOOL}]
    low, high = ("X-Millrace-Lane: low",), ("X-Millrace-Lane: high",)
    prompt = {"model": "demo", "prompt": "A lane is", "ignore_eos": True}
    said = {"model": "demo", "max_tokens": 200, "messages": _turn(QUESTIONS[0])}
    return [
        _chat("chat, greedy, with likelihoods", QUESTIONS[1], 2, temperature=0, logprobs=True, **long),
        _chat("chat, sampled, with likelihoods", QUESTIONS[0], 3, seed=11, logprobs=True, **hot, **long),
        _chat("chat, sampled, long", QUESTIONS[3], 3, seed=12, **hot, **long),
        _chat("chat, low lane", QUESTIONS[4], 2, low, seed=13, **hot, **long),
        _chat("chat, high lane, short", QUESTIONS[2], 2, high, seed=14, max_tokens=12, **hot),
        _chat("chat, two choices", QUESTIONS[0], 1, seed=15, n=2, **hot, ignore_eos=True, max_tokens=200),
        _chat("chat, whole", QUESTIONS[1], 2, seed=16, logprobs=True, **hot, **long, **whole),
        _chat("chat, whole, greedy, short", QUESTIONS[4], 1, temperature=0, max_tokens=40, **whole),
        _chat("chat, JSON", QUESTIONS[0], 2, seed=17, response_format=shape, max_tokens=120, **hot),
        _chat("chat, regex", QUESTIONS[0], 1, seed=18, guided_regex="[a-z]{3,9}( [a-z]{2,9}){60}", **hot),
        _chat("chat, call", QUESTIONS[0], 1, seed=19, tools=tools, tool_choice="required", **hot),
        _chat("chat, long prompt", LONG_PROMPT, 2, seed=20, max_tokens=120, **hot, ignore_eos=True),
        _chat("chat, stop", QUESTIONS[3], 1, seed=21, stop=["the "], max_tokens=300, **hot),
        Case(
            "completion",
            COMPLETIONS,
            {
                **prompt,
                **hot,
                "seed": 22,
                "stream": True,
                "max_tokens": 400,
                "logprobs": 1,
                "stream_options": {"include_usage": True},
            },
            2,
        ),
        Case("completion, whole", COMPLETIONS, {**prompt, "temperature": 0, "max_tokens": 150}),
        Case("message, greedy", MESSAGES, {**said, "temperature": 0, "stream": True}, 2),
        Case("message, whole", MESSAGES, {**said, "temperature": 0, "messages": _turn(QUESTIONS[3])}),
        Case(
            "message, JSON",
            MESSAGES,
            {
                **said,
                "temperature": 0,
                "stream": True,
                "max_tokens": 90,
                "output_config": {"format": {"type": "json_schema", "schema": PERSON}},
            },
        ),
        Case(
            "response",
            RESPONSES,
            {
                "model": "demo",
                "input": QUESTIONS[0],
                "stream": True,
                "temperature": 0,
                "max_output_tokens": 120,
            },
        ),
        Case(
            "response, whole",
            RESPONSES,
            {"model": "demo", "input": QUESTIONS[1], "temperature": 0, "max_output_tokens": 60},
        ),
    ]


def slow_case():
    """So much text that no buffer on the way holds all of it."""
    return _chat(
        "slow reader",
        QUESTIONS[0],
        seed=23,
        temperature=1.5,
        top_p=1,
        top_k=0,
        ignore_eos=True,
        max_tokens=900,
        logprobs=True,
        top_logprobs=10,
    )
