"""The demo model: a small Qwen3 in plain PyTorch.

Names of modules are those of the Hugging Face checkpoint, so `state_dict()` is the file that is shipped:
`model.layers.N.self_attn.q_proj.weight` and so on. No dropout, no cache: it is trained on short text and
its greedy output is only a reference, so a whole forward per token is fast enough.
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Shape:
    """Sizes chosen so that the file stays under 7 MB in float16 (about 3.2 M parameters)."""

    vocabulary: int = 2048
    hidden: int = 256
    layers: int = 5
    heads: int = 8
    kv_heads: int = 4
    head: int = 32
    inner: int = 448
    context: int = 2048
    rope_theta: float = 10000.0
    norm_epsilon: float = 1e-6


class RMSNorm(nn.Module):
    def __init__(self, size: int, epsilon: float, start: float = 1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.full((size,), start))
        self.epsilon = epsilon

    def forward(self, x):
        return F.rms_norm(x.float(), self.weight.shape, self.weight, self.epsilon)


def rotate(x, cos, sin):
    """Rotary positions, halves rotated against each other (the Qwen and Llama convention)."""
    left, right = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-right, left), dim=-1) * sin


def attend(q, k, v):
    """Causal attention. Written out for short rows: the fused kernel is four times slower there on a CPU."""
    length = q.shape[2]
    if length > 256:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
    future = torch.full((length, length), float("-inf"), dtype=scores.dtype).triu(1)
    return torch.softmax(scores + future, dim=-1, dtype=scores.dtype) @ v


class Attention(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.q_proj = nn.Linear(shape.hidden, shape.heads * shape.head, bias=False)
        self.k_proj = nn.Linear(shape.hidden, shape.kv_heads * shape.head, bias=False)
        self.v_proj = nn.Linear(shape.hidden, shape.kv_heads * shape.head, bias=False)
        self.o_proj = nn.Linear(shape.heads * shape.head, shape.hidden, bias=False)
        # Their product bounds how sharply one position can look at another. From 1 they creep up for
        # thousands of steps, and nothing is copied until they get there.
        self.q_norm = RMSNorm(shape.head, shape.norm_epsilon, start=1.3)
        self.k_norm = RMSNorm(shape.head, shape.norm_epsilon, start=1.3)

    def forward(self, x, cos, sin):
        rows, length, _ = x.shape
        q = self.q_norm(self.q_proj(x).view(rows, length, -1, self.shape.head)).transpose(1, 2)
        k = self.k_norm(self.k_proj(x).view(rows, length, -1, self.shape.head)).transpose(1, 2)
        v = self.v_proj(x).view(rows, length, -1, self.shape.head).transpose(1, 2)
        group = self.shape.heads // self.shape.kv_heads
        k = rotate(k, cos, sin).repeat_interleave(group, dim=1)
        v = v.repeat_interleave(group, dim=1)
        mixed = attend(rotate(q, cos, sin).to(v.dtype), k.to(v.dtype), v)
        return self.o_proj(mixed.transpose(1, 2).reshape(rows, length, -1))


class MLP(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.gate_proj = nn.Linear(shape.hidden, shape.inner, bias=False)
        self.up_proj = nn.Linear(shape.hidden, shape.inner, bias=False)
        self.down_proj = nn.Linear(shape.inner, shape.hidden, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.input_layernorm = RMSNorm(shape.hidden, shape.norm_epsilon)
        self.self_attn = Attention(shape)
        self.post_attention_layernorm = RMSNorm(shape.hidden, shape.norm_epsilon)
        self.mlp = MLP(shape)

    def forward(self, x, cos, sin):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin)
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.hidden)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = RMSNorm(shape.hidden, shape.norm_epsilon)

    def forward(self, ids):
        exponents = torch.arange(0, self.shape.head, 2, dtype=torch.float32) / self.shape.head
        positions = torch.arange(ids.shape[1], dtype=torch.float32)
        angles = torch.outer(positions, 1.0 / self.shape.rope_theta**exponents).repeat(1, 2)
        x = self.embed_tokens(ids)
        cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        for layer in self.layers:
            x = layer(x, cos, sin)
        return self.norm(x)


class DemoModel(nn.Module):
    """The output matrix is the embedding (tied): a sixth of the parameters would go to a second copy."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.model = Decoder(shape)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                nn.init.normal_(weight, std=self.deviation(name, weight))

    @staticmethod
    def deviation(name: str, weight) -> float:
        """Layers begin by adding nothing: a position first holds its own token; copying starts from there."""
        if "o_proj" in name or "down_proj" in name:
            return 0.0
        return 0.04 if "embed" in name else (0.5 / weight.shape[1]) ** 0.5

    def hidden(self, ids):
        return self.model(ids)

    def logits(self, hidden):
        return F.linear(hidden, self.model.embed_tokens.weight)

    def forward(self, ids):
        return self.logits(self.hidden(ids))
