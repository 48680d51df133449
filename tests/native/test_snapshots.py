"""Pinned prefixes on disk: a new engine need not evaluate them again; what is wrong with a file costs one line."""

from __future__ import annotations

import logging
import multiprocessing
import os
import resource
import shutil
import signal

import numpy as np
import pytest

from electron_local.engine import Engine, EngineOptions, SamplingParams
from made_models import QWEN3, write_model

PREFIX = [65 + i % 26 for i in range(200)]
PROMPT = [*PREFIX, 50, 51, 52]


def open_engine(model, folder, **options):
    return Engine(model, options=EngineOptions(cache_dir=folder, **options))


def write_prefix(model, folder, **options):
    with open_engine(model, folder, **options) as engine:
        engine.prefill(PREFIX, pin=True)


def cached_at_first(model, folder, **options):
    with open_engine(model, folder, **options) as engine:
        usage = engine.submit(PROMPT, SamplingParams(temperature=0, max_tokens=1)).wait()
        evaluated = engine.stats()["evaluated_tokens"]
    assert evaluated == len(PROMPT) - usage.cached_tokens
    return usage.cached_tokens


@pytest.mark.parametrize("flash_attention", [False, True])
@pytest.mark.parametrize("host_bytes", [0, 2**28])
def test_a_new_engine_evaluates_only_what_is_new(qwen3_model, tmp_path, flash_attention, host_bytes):
    options = {"flash_attention": flash_attention, "host_bytes": host_bytes}
    params = SamplingParams(temperature=0, max_tokens=8, logprobs=True)
    with open_engine(qwen3_model, tmp_path / "deep" / "er", **options) as engine:
        assert engine.prefill(PREFIX, pin=True).cached_tokens == 0
        assert engine.stats()["cache"]["pinned_tokens"] == len(PREFIX)
        expected = list(engine.submit(PROMPT, params))
    with open_engine(qwen3_model, tmp_path / "deep" / "er", **options) as engine:
        assert engine.stats()["evaluated_tokens"] == 0
        generation = engine.submit(PROMPT, params)
        events = list(generation)
        assert generation.usage.cached_tokens == len(PREFIX)
        assert engine.stats()["cache"]["pinned_tokens"] == len(PREFIX)
        assert engine.prefill(PREFIX, pin=True).cached_tokens == len(PREFIX)
    assert [event.token for event in events] == [event.token for event in expected]
    logprobs = [event.logprobs.logprob for event in events if event.logprobs]
    np.testing.assert_allclose(logprobs, [event.logprobs.logprob for event in expected if event.logprobs], atol=1e-4)


def test_only_what_is_pinned_is_written(qwen3_model, tmp_path):
    with open_engine(qwen3_model, tmp_path) as engine:
        engine.prefill(PREFIX)
        engine.submit(PROMPT, SamplingParams(max_tokens=1)).wait()
    assert list(tmp_path.iterdir()) == []
    write_prefix(qwen3_model, tmp_path)
    (file,) = tmp_path.iterdir()
    before = file.stat().st_ino
    write_prefix(qwen3_model, tmp_path)
    assert [(file, before)] == [(path, path.stat().st_ino) for path in tmp_path.iterdir()]


def test_a_directory_that_was_removed_is_made_and_filled_again(qwen3_model, tmp_path, caplog):
    folder = tmp_path / "removed"
    write_prefix(qwen3_model, folder)
    with open_engine(qwen3_model, folder) as engine:
        engine.prefill(PREFIX, pin=True)
        shutil.rmtree(folder)
        assert engine.prefill(PREFIX, pin=True).cached_tokens == len(PREFIX)
    assert cached_at_first(qwen3_model, folder) == len(PREFIX)
    assert not caplog.records


def damage_tail(data):
    return data[:-100] + bytes([data[-100] ^ 1]) + data[-99:]


@pytest.mark.parametrize(
    "damage",
    [damage_tail, lambda data: data[:100] + b"?" + data[101:], lambda data: data[:-1], lambda data: b"", bytes.upper],
    ids=["state", "tokens", "truncated", "empty", "many bytes"],
)
def test_a_damaged_file_is_refused_with_one_line(qwen3_model, tmp_path, caplog, damage):
    write_prefix(qwen3_model, tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    with caplog.at_level(logging.INFO, logger="electron_local"):
        assert cached_at_first(qwen3_model, tmp_path) == 0
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "snapshot refused" in caplog.text and str(file) in caplog.text
    caplog.clear()
    write_prefix(qwen3_model, tmp_path)
    assert cached_at_first(qwen3_model, tmp_path) == len(PREFIX)
    assert not caplog.records


def test_other_models_and_settings_find_nothing(qwen3_model, llama_model, tmp_path, caplog):
    write_prefix(qwen3_model, tmp_path, flash_attention=True)
    other_weights = write_model(tmp_path.parent / "other.gguf", QWEN3, seed=2)
    other_template = write_model(tmp_path.parent / "template.gguf", QWEN3, chat_template="{{ messages }}")
    with caplog.at_level(logging.INFO, logger="electron_local"):
        assert cached_at_first(qwen3_model, tmp_path, flash_attention=False) == 0
        assert [record.levelname for record in caplog.records] == ["INFO"]
    for model in (llama_model, other_weights, other_template):
        assert cached_at_first(model, tmp_path, flash_attention=True) == 0
    (file,) = tmp_path.iterdir()
    copied = tmp_path / "copy.gguf"
    copied.write_bytes(qwen3_model.read_bytes())
    assert cached_at_first(copied, tmp_path, flash_attention=True, n_ctx=256) == len(PREFIX)
    copied.unlink()

    with open_engine(qwen3_model, tmp_path, flash_attention=False) as engine:
        engine.prefill(PREFIX, pin=True)
    (own,) = set(tmp_path.iterdir()) - {file}
    own.write_bytes(file.read_bytes())  # a foreign file under a name of ours
    caplog.clear()
    assert cached_at_first(qwen3_model, tmp_path, flash_attention=False) == 0
    assert "other settings" in caplog.text and not own.exists()


def test_a_directory_that_cannot_be_used_costs_one_line(qwen3_model, tmp_path, caplog):
    occupied = tmp_path / "file"
    occupied.write_text("in the way")
    with open_engine(qwen3_model, occupied) as engine:
        engine.prefill(PREFIX, pin=True)
        engine.prefill([*PREFIX, 1], pin=True)
        assert engine.submit(PROMPT, SamplingParams(max_tokens=1)).wait().cached_tokens == len(PREFIX)
    assert len(caplog.records) == 1 and str(occupied) in caplog.text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_is_read_only_costs_one_line(qwen3_model, tmp_path, caplog):
    tmp_path.chmod(0o500)
    _check_unwritten(qwen3_model, tmp_path, caplog, "cannot be written")


def test_a_directory_that_cannot_be_made_costs_one_line(qwen3_model, caplog):
    _check_unwritten(qwen3_model, "/proc/electron_local", caplog, "cannot be made")


def test_a_full_disk_costs_one_line(qwen3_model, tmp_path, caplog):
    """A limit on the size of files stands for the disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, before[1]))
    try:
        _check_unwritten(qwen3_model, tmp_path, caplog, "not written")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(tmp_path.iterdir()) == []


def _check_unwritten(model, folder, caplog, words):
    with open_engine(model, folder) as engine:
        engine.prefill(PREFIX, pin=True)
        engine.prefill([*PREFIX, 1], pin=True)
        assert engine.submit(PROMPT, SamplingParams(max_tokens=1)).wait().cached_tokens == len(PREFIX)
    assert len(caplog.records) == 1 and words in caplog.text and str(folder) in caplog.text


def test_a_prefix_beyond_the_budget_costs_one_line(qwen3_model, tmp_path, caplog):
    with open_engine(qwen3_model, tmp_path, cache_dir_bytes=1000) as engine:
        engine.prefill(PREFIX, pin=True)
        engine.prefill([*PREFIX, 1], pin=True)
    assert list(tmp_path.iterdir()) == []
    assert len(caplog.records) == 1 and "1000" in caplog.text


def _keep_writing(model, folder, first, results):
    for i in range(3):
        with open_engine(model, folder, cache_dir_bytes=400_000) as engine:
            for j in range(3):
                engine.prefill([first + i, 65 + j, *PREFIX], pin=True)
            usage = engine.submit([first, 65, *PROMPT], SamplingParams(temperature=0, max_tokens=1)).wait()
    results.put(usage.prompt_tokens)


def test_processes_share_a_directory(qwen3_model, tmp_path):
    context = multiprocessing.get_context("spawn")
    results = context.SimpleQueue()
    children = [context.Process(target=_keep_writing, args=(qwen3_model, tmp_path, n, results)) for n in (70, 70)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0, 0]
    with open_engine(qwen3_model, tmp_path) as engine:
        assert engine.stats()["evaluated_tokens"] == 0
    files = list(tmp_path.iterdir())
    assert files and all(path.suffix == ".kv" for path in files)


def test_the_prefix_cache_off_keeps_nothing(qwen3_model, tmp_path):
    write_prefix(qwen3_model, tmp_path, use_prefix_cache=False)
    assert list(tmp_path.iterdir()) == []
