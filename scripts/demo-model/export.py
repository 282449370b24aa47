"""Writes the Hugging Face directory that ships, from a tokenizer and trained weights."""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

import template
import vocabulary
from model import Shape


def config(shape: Shape, end: int) -> dict:
    return {
        "architectures": ["Qwen3ForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "eos_token_id": end,
        "head_dim": shape.head,
        "hidden_act": "silu",
        "hidden_size": shape.hidden,
        "initializer_range": 0.02,
        "intermediate_size": shape.inner,
        "max_position_embeddings": shape.context,
        "max_window_layers": shape.layers,
        "model_type": "qwen3",
        "num_attention_heads": shape.heads,
        "num_hidden_layers": shape.layers,
        "num_key_value_heads": shape.kv_heads,
        "rms_norm_eps": shape.norm_epsilon,
        "rope_scaling": None,
        "rope_theta": shape.rope_theta,
        "sliding_window": None,
        "tie_word_embeddings": True,
        "torch_dtype": "float16",
        "transformers_version": "4.51.0",
        "use_cache": True,
        "use_sliding_window": False,
        "vocab_size": shape.vocabulary,
    }


def tokenizer_config(tokenizer: Tokenizer, shape: Shape) -> dict:
    added = {
        str(tokenizer.token_to_id(text)): {
            "content": text,
            "lstrip": False,
            "normalized": False,
            "rstrip": False,
            "single_word": False,
            "special": text in vocabulary.SPECIAL,
        }
        for text in vocabulary.SPECIAL + vocabulary.MARKERS
    }
    return {
        "added_tokens_decoder": added,
        "bos_token": None,
        "chat_template": template.SOURCE,
        "clean_up_tokenization_spaces": False,
        "eos_token": "<|im_end|>",
        "model_max_length": shape.context,
        "pad_token": "<|endoftext|>",
        "tokenizer_class": "Qwen2Tokenizer",
    }


def write(work: Path, weights: Path, target: Path):
    target.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(str(work / "tokenizer.json"))
    tokenizer.save(str(target / "tokenizer.json"))
    shape = Shape(vocabulary=tokenizer.get_vocab_size())
    end, stop = tokenizer.token_to_id("<|im_end|>"), tokenizer.token_to_id("<|endoftext|>")

    def save(name, value):
        (target / name).write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")

    save("config.json", config(shape, end))
    save("tokenizer_config.json", tokenizer_config(tokenizer, shape))
    save("special_tokens_map.json", {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"})
    # A low temperature: the answers are facts, and a model this small wanders off when it is let to.
    save(
        "generation_config.json",
        {
            "do_sample": True,
            "eos_token_id": [end, stop],
            "pad_token_id": stop,
            "temperature": 0.3,
            "top_k": 20,
            "top_p": 0.95,
            "transformers_version": "4.51.0",
        },
    )
    weights = {name: weight.to(torch.float16).contiguous() for name, weight in torch.load(weights).items()}
    save_file(dict(sorted(weights.items())), str(target / "model.safetensors"), metadata={"format": "pt"})
    (target / "model.safetensors").chmod(0o644)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument(
        "--weights", default="weights.pt", help="a file in --work, for example an unfinished phase-1.pt"
    )
    parser.add_argument("--target", type=Path, required=True)
    options = parser.parse_args()
    write(options.work, options.work / options.weights, options.target)
