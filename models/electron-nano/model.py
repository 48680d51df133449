"""The network: a llama (RMSNorm, rotary attention, SwiGLU, tied embeddings) small enough to train on two CPU cores."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Shape:
    """Sizes of the network; every row length is a multiple of 32, as Q8_0 needs."""

    vocab_size: int = 4096
    width: int = 192
    n_layers: int = 6
    n_heads: int = 3
    n_kv_heads: int = 3
    head_dim: int = 64
    hidden: int = 512
    rope_base: float = 100_000.0
    norm_eps: float = 1e-5


def quick_type(device: torch.device) -> torch.dtype:
    """bfloat16 where `device` multiplies it quickly, else float32: some CPUs take 250 times as long."""
    if device.type == "cpu" and not (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()):
        return torch.float32
    return torch.bfloat16


def working_type(device: torch.device) -> torch.dtype:
    """The type that matrix products have on `device` now: autocast's, else float32."""
    kind = device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else torch.float32


class RMSNorm(nn.Module):
    """Root-mean-square normalisation with a learned scale; under autocast the result is in its type."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        y = F.rms_norm(x, (x.shape[-1],), self.weight, self.eps)
        return y.to(working_type(x.device))


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary embedding of `x` (batch, heads, positions, head_dim), halves rotated together."""
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, a * sin + b * cos), -1)


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Causal attention (batch, heads, positions, head_dim); on a CPU plain products outrun the fused kernel."""
    if q.shape[1] != k.shape[1]:
        k, v = (x.repeat_interleave(q.shape[1] // x.shape[1], dim=1) for x in (k, v))
    if q.is_cuda:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    batch, heads, length, head_dim = q.shape
    q, k, v = (x.reshape(batch * heads, length, head_dim) for x in (q, k, v))
    later = torch.full((length, length), float("-inf"), dtype=q.dtype).triu(1)
    scores = torch.baddbmm(later, q, k.transpose(1, 2), alpha=head_dim**-0.5)
    return torch.bmm(torch.softmax(scores, -1), v).view(batch, heads, length, head_dim)


class Block(nn.Module):
    """Attention and feed-forward, each behind a norm and a residual."""

    def __init__(self, s: Shape) -> None:
        super().__init__()
        self.s = s
        self.attn_norm, self.ffn_norm = RMSNorm(s.width, s.norm_eps), RMSNorm(s.width, s.norm_eps)
        self.q = nn.Linear(s.width, s.n_heads * s.head_dim, bias=False)
        self.k = nn.Linear(s.width, s.n_kv_heads * s.head_dim, bias=False)
        self.v = nn.Linear(s.width, s.n_kv_heads * s.head_dim, bias=False)
        self.o = nn.Linear(s.n_heads * s.head_dim, s.width, bias=False)
        self.gate = nn.Linear(s.width, s.hidden, bias=False)
        self.up = nn.Linear(s.width, s.hidden, bias=False)
        self.down = nn.Linear(s.hidden, s.width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        batch, length, _ = x.shape
        h = self.attn_norm(x)
        q = self.q(h).view(batch, length, self.s.n_heads, -1).transpose(1, 2)
        k = self.k(h).view(batch, length, self.s.n_kv_heads, -1).transpose(1, 2)
        v = self.v(h).view(batch, length, self.s.n_kv_heads, -1).transpose(1, 2)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        a = attend(q, k, v)
        x = x + self.o(a.transpose(1, 2).reshape(batch, length, -1))
        h = self.ffn_norm(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


class Nano(nn.Module):
    """The language model. `base` maps each token to its piece without the leading space.

    A token with a space before it is embedded as that piece plus one shared vector plus its own difference, which
    starts at zero: what is learned of a word holds in both forms. The table has unit scale, so that a token is not
    drowned by what the blocks add; the last norm brings the logits down.
    """

    def __init__(self, shape: Shape, base: list[int]) -> None:
        super().__init__()
        self.shape = shape
        self.piece = nn.Parameter(torch.randn(shape.vocab_size, shape.width))
        self.space = nn.Parameter(torch.randn(shape.width) * 0.5)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.n_layers))
        self.norm = RMSNorm(shape.width, shape.norm_eps)
        self.means: list[Tensor] = []
        self.register_buffer("base", torch.tensor(base), persistent=False)
        spaced = self.base != torch.arange(shape.vocab_size)
        self.register_buffer("spaced", spaced.float()[:, None], persistent=False)
        with torch.no_grad():
            self.piece[spaced] = 0.0
            self.norm.weight.fill_(0.03)
        for block in self.blocks:
            for linear in (block.q, block.k, block.v, block.gate, block.up):
                nn.init.normal_(linear.weight, std=shape.width**-0.5)
            for linear in (block.o, block.down):
                nn.init.zeros_(linear.weight)

    def embedding(self) -> Tensor:
        """The table (vocab_size, width) that is exported, used at both ends."""
        return self.piece[self.base] + self.spaced * (self.space + self.piece)

    @torch.no_grad()
    def center(self) -> None:
        """Take the common drift out of the table: Adam moves every row at each step, also those of unseen tokens.

        What the rows had in common at the first call stays.
        """
        spaced = self.spaced[:, 0] > 0
        for i, rows in enumerate((~spaced, spaced)):
            mean = self.piece[rows].mean(0)
            if len(self.means) <= i:
                self.means.append(mean)
            self.piece[rows] -= mean - self.means[i]

    def forward(self, ids: Tensor, select: Tensor | None = None) -> Tensor:
        """Logits (batch, length, vocab_size) of `ids`; of the flat positions `select` only, where given."""
        table = self.embedding()
        x = F.embedding(ids, table)
        half = self.shape.head_dim // 2
        positions = torch.arange(ids.shape[1], dtype=torch.float32, device=ids.device)
        pairs = torch.arange(half, dtype=torch.float32, device=ids.device)
        angles = positions[:, None] * self.shape.rope_base ** (-pairs / half)
        table = table.to(working_type(ids.device))
        cos, sin = angles.cos().to(table.dtype), angles.sin().to(table.dtype)
        for block in self.blocks:
            x = block(x, cos, sin)
        if select is not None:
            x = x.flatten(0, 1)[select]
        return F.linear(self.norm(x), table)
