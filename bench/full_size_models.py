"""Made models in the sizes of real ones, quantised by libllama, kept in the user's cache directory.

python bench/full_size_models.py NAME[:TYPE] ...   (all of them without arguments) makes them and prints their paths.
Names: smollm2-135m, smollm2-135m-copying (says its prompt again), smollm2-135m-draft (a small one that foresees the
copying one), qwen3-0.6b. Types: Q4_0, Q4_K_M, Q8_0.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from made_models import Shape, write_model

HERE = Path(__file__).resolve().parent
TEMPLATE = HERE.parent / "models" / "electron-nano" / "chat_template.jinja"
SOURCES = (HERE / "made_models.py", HERE / "made_vocabulary.py", TEMPLATE)
TYPES = ("Q4_0", "Q4_K_M", "Q8_0")
SPREAD = 2.5  # standard deviation of the logits

SMOLLM2_135M = Shape(
    "llama", "smollm2-135m", n_layer=30, n_embd=576, n_head=9, n_head_kv=3, head_dim=64, n_ff=1536, n_ctx=8192,
    rope_base=1e5, n_vocab=49152, pre_tokenizer="smollm", tied=True, embedding_std=SPREAD / 24, is_half=True,
)  # fmt: skip
QWEN3_06B = Shape(
    "qwen3", "qwen3-0.6b", n_layer=28, n_embd=1024, n_head=16, n_head_kv=8, head_dim=128, n_ff=3072, n_ctx=40960,
    rope_base=1e6, qk_norm=True, n_vocab=151936, tied=True, embedding_std=SPREAD / 32, is_half=True,
)  # fmt: skip
COPYING = replace(SMOLLM2_135M, name="smollm2-135m-copying", tied=False, cycle=256)
DRAFT = replace(
    COPYING,
    name="smollm2-135m-draft",
    n_layer=2,
    n_embd=192,
    n_head=3,
    n_head_kv=1,
    n_ff=512,
    embedding_std=SPREAD / 14,
)
SHAPES = {shape.name: shape for shape in (SMOLLM2_135M, COPYING, DRAFT, QWEN3_06B)}


def cache_folder() -> Path:
    """Keyed by the code that makes the models, so that a changed shape is never mistaken for an old one."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "electron_local" / "made_models"
    return base / hashlib.sha256(b"".join(path.read_bytes() for path in SOURCES)).hexdigest()[:12]


def full_size_model(name: str, quantisation: str = "Q4_0") -> Path:
    """The path of a made model; the first call makes it, which takes a minute at most and 2 GB of memory or less."""
    path = cache_folder() / f"{name}-{quantisation}.gguf"
    if not path.is_file():
        # A process of its own: its memory goes back, and libllama's log stays out of this one.
        subprocess.run([sys.executable, __file__, f"{name}:{quantisation}"], check=True, stdout=subprocess.DEVNULL)
    return path


def resolve_model(text: str) -> Path:
    """A GGUF's path from a command line: a path, or NAME[:TYPE] of a made model."""
    name, _, quantisation = text.partition(":")
    return full_size_model(name, quantisation or "Q4_0") if name in SHAPES else Path(text)


def _make(name: str, quantisations: list[str]) -> list[Path]:
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}-{quantisation}.gguf" for quantisation in quantisations]
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        missing = [path for path in paths if not path.is_file()]
        if missing:
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                template = TEMPLATE.read_text(encoding="utf-8")
                half = write_model(Path(scratch) / "half.gguf", SHAPES[name], chat_template=template)
                for path in missing:
                    part = Path(scratch) / path.name
                    _quantise(half, part, path.stem.rpartition("-")[2])
                    part.rename(path)
    return paths


def _quantise(source: Path, target: Path, quantisation: str) -> None:
    import llama_cpp

    @llama_cpp.llama_log_callback
    def ignore(level: int, text: bytes, data: ctypes.c_void_p) -> None:
        pass

    llama_cpp.llama_log_set(ignore, ctypes.c_void_p())
    params = llama_cpp.llama_model_quantize_default_params()
    params.nthread = len(os.sched_getaffinity(0))
    params.ftype = getattr(llama_cpp, f"LLAMA_FTYPE_MOSTLY_{quantisation}")
    status = llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(params))
    if status != 0:
        raise RuntimeError(f"libllama could not quantise {source.name} as {quantisation}: status {status}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="NAME[:TYPE]", help="all of them when left out")
    wanted: dict[str, list[str]] = {}
    for text in parser.parse_args().models or SHAPES:
        name, _, quantisation = text.partition(":")
        if name not in SHAPES or quantisation not in ("", *TYPES):
            parser.error(f"{text!r} is none of {', '.join(SHAPES)} with {', '.join(TYPES)}")
        wanted.setdefault(name, []).extend([quantisation] if quantisation else TYPES)
    for name, quantisations in wanted.items():
        for path in _make(name, quantisations):
            print(path)


if __name__ == "__main__":
    main()
