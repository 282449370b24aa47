"""Writes golden.json: rendered prompts, their ids, and the first greedy ids, for tests of other engines."""

import argparse
import hashlib
import json
from pathlib import Path

import torch

import template
from shipped import Shipped

COUNT = 24
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather in a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "description": "City name"}},
            "required": ["city"],
        },
    },
}
CREDIT = (
    "Credit is what a worker can take right now, in absolute numbers: free sequences, free KV tokens "
    "and prefill budget. The coordinator leases a job only against credit."
)
CALL = {"type": "function", "function": {"name": "get_weather", "arguments": {"city": "Paris"}}}
CHATS = [
    {"name": "greeting", "messages": [{"role": "user", "content": "Hello"}]},
    {
        "name": "lane",
        "messages": [
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": "What is a lane?"},
        ],
    },
    {"name": "add worker", "messages": [{"role": "user", "content": "How do I add a worker?"}]},
    {"name": "count", "messages": [{"role": "user", "content": "Count to ten"}]},
    {
        "name": "tool call",
        "messages": [{"role": "user", "content": "What is the weather in Paris?"}],
        "tools": [WEATHER],
    },
    {
        "name": "tool response",
        "messages": [
            {"role": "user", "content": "What is the weather in Paris?"},
            {"role": "assistant", "content": "", "tool_calls": [CALL]},
            {"role": "tool", "content": '{"temperature": 18, "condition": "sunny"}'},
        ],
        "tools": [WEATHER],
    },
    {
        "name": "second turn",
        "messages": [
            {"role": "user", "content": "what is credit?"},
            {
                "role": "assistant",
                "content": CREDIT,
            },
            {"role": "user", "content": "Tell me a story"},
        ],
    },
]


def entry(shipped: Shipped, chat: dict) -> dict:
    prompt = template.render(chat["messages"], chat.get("tools"), add_generation_prompt=True)
    ids = shipped.encode(prompt)
    new = shipped.greedy(ids, COUNT)
    return chat | {
        "prompt": prompt,
        "prompt_ids": ids,
        "greedy_ids": new,
        "greedy_text": shipped.text(new),
        "smallest_lead": round(lead(shipped, ids, new), 3),
    }


@torch.no_grad()
def lead(shipped: Shipped, ids: list[int], new: list[int]) -> float:
    """The least distance between the best and the second logit: how much rounding the greedy ids can bear."""
    logits = shipped.model(torch.tensor([ids + new[:-1]]))[0, len(ids) - 1 :]
    best = logits.topk(2, dim=-1).values
    return float((best[:, 0] - best[:, 1]).min())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--target", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    shipped = Shipped(options.model)
    digest = hashlib.sha256((options.model / "model.safetensors").read_bytes()).hexdigest()
    golden = {
        "about": (
            "Greedy ids in float32 from the float16 weights, up to and including the first stop id. "
            "No BOS is added to prompt_ids."
        ),
        "model_sha256": digest,
        "chats": [entry(shipped, chat) for chat in CHATS],
    }
    options.target.write_text(json.dumps(golden, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
