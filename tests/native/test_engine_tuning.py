"""An engine under measured settings, and the report about them."""

from __future__ import annotations

import pytest

from electron_local.engine import Engine, EngineOptions, SamplingParams
from electron_local.errors import InvalidArgumentError
from electron_local.tuning.record import TuningRecord, save_record
from electron_local.tuning.report import settings_report
from electron_local.tuning.trial import try_options


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ELECTRON_LOCAL_CACHE", str(tmp_path / "cache"))


def test_measured_settings_are_used_and_explained(llama_model):
    save_record(llama_model, TuningRecord(flash_attention=False, n_batch=128, n_threads=1, measured={"writes": 5.0}))
    with Engine(llama_model) as engine:
        assert (engine.settings.n_batch, engine.settings.flash_attention) == (128, False)
        assert engine.reasons["n_batch"] == "measured"
    lines = dict(settings_report(llama_model))
    assert lines["  batch"] == "128 tokens (measured)"
    assert lines["  measured"] == "writes: 5.0 tokens/s"


def test_a_report_without_a_measurement_says_how_to_get_one(llama_model, tmp_path):
    lines = dict(settings_report(llama_model))
    assert lines["  flash attention"] == "on (default)"
    assert "--tune" in lines["  measured"]
    assert "missing.gguf" in dict(settings_report(tmp_path / "missing.gguf"))["settings"]


def test_quantised_keys_and_values_give_nearly_the_same_answer(qwen3_model):
    tokens = list(range(40))
    rows = []
    for kv_type in ("f16", "q8_0"):
        with Engine(qwen3_model, options=EngineOptions(kv_type=kv_type)) as engine:
            assert engine.settings.quantised_kv == (kv_type == "q8_0")
            rows.append(engine.logits(tokens))
    assert 0 < abs(rows[0] - rows[1]).max() < 0.1 * abs(rows[0]).max()


def test_quantised_keys_and_values_need_flash_attention(qwen3_model):
    with pytest.raises(InvalidArgumentError, match="flash attention"):
        Engine(qwen3_model, options=EngineOptions(kv_type="q8_0", flash_attention=False))


def test_a_trial_times_reading_and_writing(llama_model):
    found = try_options(str(llama_model), n_prompt=32, n_more=8, options={"n_threads": 1, "n_batch": 16})
    assert found["prefill"] > 0
    assert found["decode"] > 0


def test_adaptive_threads_give_the_answer_of_one(llama_model):
    answers = []
    for n_threads in (1, None):
        options = EngineOptions(n_threads=n_threads, tune="off")
        with Engine(llama_model, options=options) as engine:
            generation = engine.submit(range(20), SamplingParams(temperature=0, max_tokens=40))
            answers.append([event.token for event in generation])
    assert answers[0] == answers[1]
