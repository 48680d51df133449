"""Write a checkpoint as GGUF: llama, tied embeddings, Q8_0 matrices, tokenizer and chat template inside."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as QuantType
from tokenizers import Tokenizer

from data.facts import NOT_THERE
from model import Nano, Shape
from rendering import CONTROL, TEMPLATE_PATH, USER_DEFINED
from tokenizer import base_of_spaced

CONTEXT_LENGTH = 4096


def load(checkpoint: Path, tokenizer: Tokenizer) -> Nano:
    """The averaged weights of a checkpoint, ready to infer."""
    state = torch.load(checkpoint, weights_only=True, map_location="cpu")
    model = Nano(Shape(**state["shape"]), base_of_spaced(tokenizer))
    model.load_state_dict(state["average"])
    return model.eval()


def interleaved(weight: np.ndarray, n_heads: int) -> np.ndarray:
    """Rows of a query or key matrix in llama.cpp's order: rotary pairs side by side, not half a head apart."""
    rows, width = weight.shape
    return weight.reshape(n_heads, 2, rows // n_heads // 2, width).swapaxes(1, 2).reshape(rows, width)


def tensors(model: Nano) -> dict[str, np.ndarray]:
    """All tensors under the names of llama.cpp."""
    s, found = model.shape, {"token_embd.weight": model.embedding(), "output_norm.weight": model.norm.weight}
    for i, block in enumerate(model.blocks):
        for name, part in (("q", "attn_q"), ("k", "attn_k"), ("v", "attn_v"), ("o", "attn_output")):
            found[f"blk.{i}.{part}.weight"] = getattr(block, name).weight
        for name in ("gate", "up", "down"):
            found[f"blk.{i}.ffn_{name}.weight"] = getattr(block, name).weight
        found[f"blk.{i}.attn_norm.weight"] = block.attn_norm.weight
        found[f"blk.{i}.ffn_norm.weight"] = block.ffn_norm.weight
    arrays = {name: tensor.detach().float().numpy() for name, tensor in found.items()}
    for name, array in arrays.items():
        if "attn_q" in name or "attn_k" in name:
            arrays[name] = interleaved(array, s.n_heads if "attn_q" in name else s.n_kv_heads)
    return arrays


def add_tokenizer(writer: gguf.GGUFWriter, tokenizer: Tokenizer) -> None:
    """Vocabulary, merges, token types and the template."""
    vocab = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    kinds = []
    for piece, _ in vocab:
        if piece in CONTROL:
            kinds.append(gguf.TokenType.CONTROL)
        elif piece in USER_DEFINED:
            kinds.append(gguf.TokenType.USER_DEFINED)
        else:
            kinds.append(gguf.TokenType.UNUSED if piece.startswith("<|unused_") else gguf.TokenType.NORMAL)
    merges = [" ".join(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list([piece for piece, _ in vocab])
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    writer.add_eos_token_id(tokenizer.token_to_id("<|im_end|>"))
    writer.add_pad_token_id(tokenizer.token_to_id("<|endoftext|>"))
    writer.add_add_bos_token(False)
    writer.add_bool("electron_local.judges_end_of_turn", True)  # see rendering.py, ROLE_WEIGHTS
    writer.add_bool("electron_local.judges_tools_alone", True)  # see the card, "Asked about one at a time"
    writer.add_string("electron_local.unknown_answer", NOT_THERE)
    writer.add_chat_template(TEMPLATE_PATH.read_text(encoding="utf-8"))


def export(model: Nano, tokenizer: Tokenizer, path: Path, *, exact: bool = False) -> None:
    """Write `path` in one piece. `exact` keeps float32 instead of Q8_0, to compare with torch."""
    s, part = model.shape, path.with_suffix(".part")
    writer = gguf.GGUFWriter(str(part), "llama")
    writer.add_name("electron-nano")
    writer.add_license("apache-2.0")
    writer.add_size_label(f"{sum(a.size for a in tensors(model).values()) / 1e6:.1f}M")
    writer.add_file_type(gguf.LlamaFileType.ALL_F32 if exact else gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_context_length(CONTEXT_LENGTH)
    writer.add_embedding_length(s.width)
    writer.add_block_count(s.n_layers)
    writer.add_feed_forward_length(s.hidden)
    writer.add_head_count(s.n_heads)
    writer.add_head_count_kv(s.n_kv_heads)
    writer.add_key_length(s.head_dim)
    writer.add_value_length(s.head_dim)
    writer.add_rope_dimension_count(s.head_dim)
    writer.add_rope_freq_base(s.rope_base)
    writer.add_layer_norm_rms_eps(s.norm_eps)
    writer.add_vocab_size(s.vocab_size)
    add_tokenizer(writer, tokenizer)
    for name, array in tensors(model).items():
        if exact or array.ndim == 1:
            writer.add_tensor(name, array)
        else:
            writer.add_tensor(name, gguf.quants.quantize(array, QuantType.Q8_0), raw_dtype=QuantType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    part.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--exact", action="store_true", help="float32, to compare with torch")
    args = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(args.tokenizer))
    export(load(args.checkpoint, tokenizer), tokenizer, args.output, exact=args.exact)
    print(f"{args.output}: {args.output.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
