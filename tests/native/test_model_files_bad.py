"""Model files that cannot be run: a clear error, never a crash."""

from __future__ import annotations

import math
import struct
from dataclasses import replace

import gguf
import pytest

import made_models
from electron_local.engine import Engine
from electron_local.errors import ModelLoadError
from made_models import LLAMA, write_model


def test_missing(tmp_path):
    with pytest.raises(ModelLoadError, match=r"none\.gguf: No such file"):
        Engine(tmp_path / "none.gguf")


def test_directory(tmp_path):
    with pytest.raises(ModelLoadError, match="not a regular file"):
        Engine(tmp_path)


@pytest.mark.parametrize("content", [b"", b"GG", b"not a model at all", b"GGUF" + struct.pack("<I", 99)])
def test_not_a_model(tmp_path, content):
    path = tmp_path / "bad.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelLoadError, match=r"bad\.gguf"):
        Engine(path)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.6, 0.9, 0.999])
def test_truncated(tmp_path, llama_model, share):
    content = llama_model.read_bytes()
    path = tmp_path / "cut.gguf"
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ModelLoadError, match=r"cut\.gguf: cannot be loaded: \S"):
        Engine(path)


@pytest.mark.parametrize("fault", ["missing", "of another shape"])
def test_broken_tensors(tmp_path, monkeypatch, fault):
    all_tensors = made_models._tensors

    def broken(shape, n_vocab):
        for tensor in all_tensors(shape, n_vocab):
            if tensor.name != "blk.1.ffn_up.weight":
                yield tensor
            elif fault != "missing":
                yield replace(tensor, dims=(tensor.dims[0], tensor.dims[1] // 2))

    monkeypatch.setattr(made_models, "_tensors", broken)
    path = write_model(tmp_path / "broken.gguf", LLAMA)
    with pytest.raises(ModelLoadError, match=r"broken\.gguf: cannot be loaded: .*blk\.1\.ffn_up\.weight"):
        Engine(path)


def test_no_tokenizer(tmp_path):
    path = tmp_path / "bare.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(64)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(ModelLoadError, match=r"bare\.gguf"):
        Engine(path)


def test_metadata_that_libllama_cuts_inside_a_character(tmp_path):
    path = write_model(tmp_path / "name.gguf", replace(LLAMA, name="é" * 40))
    with Engine(path) as engine:
        assert engine.model.name == "é" * 40


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("block_count", struct.pack("<I", 0)),
        ("block_count", struct.pack("<I", 2**32 - 1)),
        ("context_length", struct.pack("<I", 0)),
        ("context_length", struct.pack("<I", 2**31)),
        ("attention.layer_norm_rms_epsilon", struct.pack("<f", -1)),
        ("attention.layer_norm_rms_epsilon", struct.pack("<f", math.nan)),
    ],
)
def test_a_damaged_header(tmp_path, llama_model, key, value):
    content = bytearray(llama_model.read_bytes())
    begin = content.index(f"llama.{key}".encode()) + len(f"llama.{key}") + 4  # behind the key and the value's type
    content[begin : begin + 4] = value
    path = tmp_path / "damaged.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelLoadError, match=rf"damaged\.gguf: damaged: llama\.{key} is"):
        Engine(path)
