"""LoRA adapters: they change the answers, belong to the key of what is cached on disk, and are refused when unfit."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import pytest

from electron_local.client import Electron
from electron_local.engine import Engine, EngineOptions
from electron_local.errors import InvalidArgumentError, ModelLoadError
from electron_local.model_files import bundled_model
from made_models import LLAMA, Shape

PREFIX = [65 + i % 26 for i in range(100)]


def write_adapter(path: Path, shape: Shape, *, seed: int = 1, kind: str = "adapter", n_embd: int = 0) -> Path:
    """A random adapter of rank 2 for the queries of the first layer."""
    n_embd = n_embd or shape.n_embd
    writer = gguf.GGUFWriter(path, shape.architecture)
    writer.add_type(kind)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, 2.0)
    rng = np.random.default_rng(seed)
    for name, rows in (("lora_a", (2, n_embd)), ("lora_b", (shape.n_head * shape.head_dim, 2))):
        writer.add_tensor(f"blk.0.attn_q.weight.{name}", rng.normal(size=rows).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def logits(model, **options):
    with Engine(model, options=EngineOptions(**options)) as engine:
        return engine.logits([1, 2, 3, 4])


def test_an_adapter_changes_the_logits(llama_model, tmp_path):
    adapter = write_adapter(tmp_path / "lora.gguf", LLAMA)
    plain, adapted = logits(llama_model), logits(llama_model, lora=adapter)
    assert not np.allclose(plain, adapted, atol=1e-3)
    np.testing.assert_array_equal(adapted, logits(llama_model, lora=adapter))


def test_snapshots_belong_to_one_adapter(llama_model, tmp_path):
    adapters = [None, *(write_adapter(tmp_path / f"{seed}.gguf", LLAMA, seed=seed) for seed in (1, 2))]
    folder = tmp_path / "cache"
    n_evaluated = []
    for adapter in (*adapters, *adapters):
        with Engine(llama_model, options=EngineOptions(cache_dir=folder, lora=adapter)) as engine:
            engine.prefill(PREFIX, pin=True)
            n_evaluated.append(engine.stats()["evaluated_tokens"])
    assert n_evaluated == [100, 100, 100, 0, 0, 0]
    assert len(list(folder.iterdir())) == 3


@pytest.mark.parametrize("make", [
    lambda path: path,
    lambda path: write_adapter(path, LLAMA, kind="model"),
    lambda path: write_adapter(path, LLAMA, n_embd=32),
    lambda path: write_adapter(path, Shape("qwen3")),
    lambda path: bundled_model(),
    lambda path: path.write_text("no adapter") and path,
], ids=["missing", "not an adapter", "wrong size", "wrong architecture", "a model", "not GGUF"])  # fmt: skip
def test_what_does_not_fit_is_refused(llama_model, tmp_path, make):
    path = make(tmp_path / "lora.gguf")
    with pytest.raises(ModelLoadError, match=str(path)) as refused:
        Engine(llama_model, options=EngineOptions(lora=path))
    assert len(str(refused.value)) > len(str(path)) + 20


def test_an_adapter_of_the_bundled_model(tmp_path):
    reader = gguf.GGUFReader(bundled_model())
    (weight,) = [tensor for tensor in reader.tensors if tensor.name == "blk.0.attn_q.weight"]
    n_embd, n_rows = (int(n) for n in weight.shape)
    with Engine(bundled_model()) as engine:
        shape = Shape(engine.model.architecture, n_embd=n_embd, n_head=1, head_dim=n_rows)
    adapter = write_adapter(tmp_path / "lora.gguf", shape)
    messages = [{"role": "user", "content": "hello"}]
    with Electron(lora=adapter) as client:
        answer = client.chat.completions.create(model="electron", messages=messages, max_tokens=4)
    assert answer.usage.completion_tokens > 0


def test_a_shared_engine_has_its_own(tmp_path, llama_model):
    with Engine(llama_model) as engine, pytest.raises(InvalidArgumentError, match="lora"):
        Electron(engine=engine, lora=tmp_path / "lora.gguf")
