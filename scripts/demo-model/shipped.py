"""The shipped directory, loaded back: what the evaluation and the golden file talk to."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

import template
from model import DemoModel, Shape


class Shipped:
    def __init__(self, folder: Path):
        config = json.loads((folder / "config.json").read_text())
        shape = Shape(
            vocabulary=config["vocab_size"],
            hidden=config["hidden_size"],
            layers=config["num_hidden_layers"],
            heads=config["num_attention_heads"],
            kv_heads=config["num_key_value_heads"],
            head=config["head_dim"],
            inner=config["intermediate_size"],
            context=config["max_position_embeddings"],
            rope_theta=config["rope_theta"],
            norm_epsilon=config["rms_norm_eps"],
        )
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.stops = set(json.loads((folder / "generation_config.json").read_text())["eos_token_id"])
        assert json.loads((folder / "tokenizer_config.json").read_text())["chat_template"] == template.SOURCE
        self.model = DemoModel(shape)
        # float32 arithmetic on the float16 numbers of the file: the reference that other engines are held to.
        self.model.load_state_dict(
            {name: weight.float() for name, weight in load_file(folder / "model.safetensors").items()}
        )
        self.model.eval()

    def encode(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    @torch.no_grad()
    def greedy(self, ids: list[int], count: int, stop: bool = True) -> list[int]:
        ids, new = list(ids), []
        while len(new) < count:
            hidden = self.model.hidden(torch.tensor([ids]))[:, -1]
            new.append(int(self.model.logits(hidden)[0].argmax()))
            ids.append(new[-1])
            if stop and new[-1] in self.stops:
                break
        return new

    @torch.no_grad()
    def would_say(self, ids: list[int], answer: str) -> bool:
        """Whether the greedy answer is this one to the letter: one forward instead of one per token."""
        wanted = self.encode(answer + "<|im_end|>")
        hidden = self.model.hidden(torch.tensor([ids + wanted]))[0, len(ids) - 1 : -1]
        return self.model.logits(hidden).argmax(-1).tolist() == wanted

    def text(self, ids: list[int]) -> str:
        return self.tokenizer.decode([one for one in ids if one not in self.stops], skip_special_tokens=False)
