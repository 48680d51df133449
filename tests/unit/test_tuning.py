"""Which setting is taken from where; records that are kept, damaged and of another machine."""

from __future__ import annotations

import json
import logging
from types import SimpleNamespace

import pytest

from electron_local import waiting
from electron_local.errors import ElectronError, InvalidArgumentError
from electron_local.tuning import choices, measure, record
from electron_local.tuning import trial as one_trial
from electron_local.tuning.choices import choose
from electron_local.tuning.measure import SPIN_COUNTS
from electron_local.tuning.record import TuningRecord, load_record, record_path, save_record
from electron_local.tuning.report import tune
from electron_local.waiting import DEFAULT_SPIN_COUNT, waiting_content, waiting_path

RECORD = TuningRecord(flash_attention=False, n_batch=256, n_threads=1, measured={"writes": 50.0})


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ELECTRON_LOCAL_CACHE", str(tmp_path / "cache"))
    for name in ("TUNE", "N_BATCH", "N_THREADS", "FLASH_ATTENTION", "KV_TYPE"):
        monkeypatch.delenv(f"ELECTRON_LOCAL_{name}", raising=False)


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF and so on")
    return path


def test_a_record_is_found_again_by_the_models_content(model, tmp_path):
    assert load_record(model) is None
    save_record(model, RECORD)
    assert load_record(model) == RECORD
    copy = tmp_path / "copy.gguf"
    copy.write_bytes(model.read_bytes())
    assert load_record(copy) == RECORD
    copy.write_bytes(b"GGUF of another")
    assert load_record(copy) is None
    assert load_record(tmp_path / "missing.gguf") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "{}",
        '{"version": 2}',
        '{"version": 1, "flash_attention": 1, "n_batch": 512, "n_threads": 2, "measured": {}}',
        '{"version": 1, "flash_attention": true, "n_batch": 0, "n_threads": 2, "measured": {}}',
        '{"version": 1, "flash_attention": true, "n_batch": true, "n_threads": 2, "measured": {}}',
        '{"version": 1, "flash_attention": true, "n_batch": 512, "n_threads": 2, "measured": {"a": "b"}}',
        '{"version": 1, "flash_attention": true, "n_batch": 512, "n_threads": 2, "measured": 7}',
    ],
)
def test_a_damaged_record_is_ignored_with_one_line(model, caplog, text):
    save_record(model, RECORD)
    record_path(model).write_text(text)
    with caplog.at_level(logging.WARNING):
        assert load_record(model) is None
    assert len(caplog.records) == 1


def test_an_interrupted_write_leaves_the_old_record(model, monkeypatch):
    save_record(model, RECORD)

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(record.os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        save_record(model, TuningRecord(True, 512, 2))
    assert load_record(model) == RECORD
    assert [path.name for path in record_path(model).parent.iterdir()] == [record_path(model).name]


def test_options_go_before_the_environment_before_measurements(model, monkeypatch):
    assert choose(model, {}).reasons == dict.fromkeys(("flash_attention", "n_batch", "n_threads", "kv_type"), "default")
    save_record(model, RECORD)
    found = choose(model, {})
    assert (found.values["n_batch"], found.values["flash_attention"], found.n_threads_limit) == (256, False, 1)
    assert found.reasons["n_batch"] == "measured"
    monkeypatch.setenv("ELECTRON_LOCAL_N_BATCH", "128")
    monkeypatch.setenv("ELECTRON_LOCAL_FLASH_ATTENTION", "on")
    assert choose(model, {}).values["n_batch"] == 128
    found = choose(model, {"n_batch": 64, "n_threads": 2})
    assert (found.values["n_batch"], found.values["flash_attention"], found.n_threads_limit) == (64, True, None)
    assert found.reasons["n_batch"] == found.reasons["flash_attention"] == "yours"


def test_off_ignores_measurements(model, monkeypatch):
    save_record(model, RECORD)
    assert choose(model, {}, "off").values["n_batch"] is None
    monkeypatch.setenv("ELECTRON_LOCAL_TUNE", "off")
    assert choose(model, {}).values["n_batch"] is None


def test_quantised_keys_and_values_overrule_measured_attention(model):
    save_record(model, RECORD)
    assert choose(model, {"kv_type": "q8_0"}).values["flash_attention"] is True
    assert choose(model, {"kv_type": "q8_0", "flash_attention": False}).values["flash_attention"] is False


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("N_BATCH", "0"),
        ("N_BATCH", "many"),
        ("N_THREADS", "1000"),
        ("FLASH_ATTENTION", "yes"),
        ("KV_TYPE", "q4_0"),
        ("TUNE", "often"),
    ],
)
def test_bad_values_of_the_environment_are_refused(model, monkeypatch, name, value):
    monkeypatch.setenv(f"ELECTRON_LOCAL_{name}", value)
    with pytest.raises(InvalidArgumentError, match=value):
        choose(model, {})


def scripted(rates):
    """A runner of trials that answers from `rates`: (spin count, threads, flash, batch) to (prefill, decode)."""

    def run(model, trials, environment):
        found = []
        for trial in trials:
            options = trial["options"]
            prefill, decode = rates(environment.get("GOMP_SPINCOUNT"), options, trial["n_prompt"])
            found.append({"prefill": 1 / prefill, "decode": 1 / decode if trial["n_more"] else 0.0})
        return found

    return run


@pytest.fixture
def two_cores(monkeypatch):
    monkeypatch.setattr(measure._core, "n_physical_cores", lambda: 2)
    monkeypatch.setenv("GOMP_SPINCOUNT", "1")
    monkeypatch.setenv("ELECTRON_LOCAL_SPIN", "default")


def test_the_quickest_settings_are_chosen(model, two_cores):
    def rates(spin, options, n_prompt):
        decode = {1: 50.0, 2: 90.0 if int(spin) >= SPIN_COUNTS[1] else 60.0}[options.get("n_threads", 2)]
        flash = options.get("flash_attention", False)
        prefill = {128: 300.0, 256: 395.0, 512: 400.0}[options.get("n_batch", 512)]
        return prefill * (1.2 if flash else 1), decode * (0.5 if flash else 1)

    found = measure.measure(model, run=scripted(rates))
    assert found.spin_count == DEFAULT_SPIN_COUNT
    assert (found.record.n_threads, found.record.flash_attention, found.record.n_batch) == (2, False, 256)
    assert found.record.measured["writes 128 deep, 1 thread"] == pytest.approx(50)


def test_attention_is_weighed_by_a_whole_turn(model, two_cores):
    def rates(spin, options, n_prompt):
        return (900.0, 48.0) if options.get("flash_attention") else (300.0, 50.0)

    assert measure.measure(model, run=scripted(rates)).record.flash_attention


def test_attention_is_measured_there_and_back(model, two_cores):
    asked = []

    def rates(spin, options, n_prompt):
        asked.append(options.get("flash_attention"))
        # A neighbour disturbs the first half of the trials.
        return (300.0, 20.0 if options.get("flash_attention") and asked.count(True) == 1 else 50.0)

    found = measure.measure(model, run=scripted(rates))
    assert [flash for flash in asked if flash is not None][:6] == [False, True, True, True, True, False]
    writes = {
        name: rate for name, rate in found.record.measured.items() if name.startswith("writes") and "flash" in name
    }
    assert all(rate == pytest.approx(50.0) for rate in writes.values())


def test_threads_that_do_not_pay_are_not_used_and_the_users_waiting_stays(model, two_cores, monkeypatch):
    monkeypatch.delenv("ELECTRON_LOCAL_SPIN")
    found = measure.measure(model, run=scripted(lambda spin, options, n: (100.0, 100.0 / options.get("n_threads", 1))))
    assert found.spin_count is None
    assert found.record.n_threads == 1


def test_a_busy_machine_measures_nothing(model, two_cores, monkeypatch):
    calls = []

    def run(model, trials, environment):
        calls.append(trials)
        return [{"prefill": 0.01, "decode": 0.01, "neighbours": 1.2} for _ in trials]

    with pytest.raises(ElectronError, match=r"1\.2 of the CPUs"):
        measure.measure(model, run=run)
    assert len(calls) == 3
    monkeypatch.setattr(measure, "run_trials", run)
    assert choose(model, {}, "measure").values["n_batch"] is None
    assert load_record(model) is None


def test_a_model_that_cannot_be_run_says_so(model):
    with pytest.raises(ElectronError, match=r"too short|cannot be loaded"):
        tune(model, lambda line: None)


def test_measuring_at_first_load_happens_once(model, monkeypatch):
    calls = []

    def fake(path, report=None):
        calls.append(path)
        return measure.Findings(RECORD, 1000)

    monkeypatch.setattr(measure, "measure", fake)
    assert choose(model, {}, "measure").values["n_batch"] == 256
    assert choose(model, {}, "measure").values["n_batch"] == 256
    assert calls == [model]
    assert choices.load_record(model) == RECORD


def test_the_measured_spin_count_holds_on_its_machine_alone(monkeypatch, caplog):
    def found():
        environment: dict[str, str] = {}
        waiting.set_waiting(environment)
        return int(environment["GOMP_SPINCOUNT"]), waiting.waiting_reason(environment)

    assert found() == (waiting.DEFAULT_SPIN_COUNT, "default")
    record.write_atomically(waiting_path(), waiting_content(777))
    assert found() == (777, "measured")
    monkeypatch.setattr(waiting, "cpu_name", lambda: "another processor")
    assert found() == (waiting.DEFAULT_SPIN_COUNT, "default")
    for damaged in ("{", json.dumps({"spin_count": -1})):
        caplog.clear()
        waiting_path().write_text(damaged)
        assert found() == (waiting.DEFAULT_SPIN_COUNT, "default")
        assert len(caplog.records) == 1


def test_a_trial_writes_one_token_a_step(monkeypatch):
    """Guessed tokens come several at once: a trial that guessed would time nothing."""
    made = []

    class FakeEngine:
        model = SimpleNamespace(end_of_generation=(0,), n_vocab=300)

        def __init__(self, model, options):
            made.append(options)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def prefill(self, prompt):
            pass

        def submit(self, prompt, params):
            return iter(range(params.max_tokens))

    monkeypatch.setattr(one_trial, "Engine", FakeEngine)
    monkeypatch.setattr(one_trial, "_LEAST_S", 1e-9)
    found = one_trial.try_options("model.gguf", 64, 4, {"n_threads": 2})
    assert (made[0].speculation, made[0].tune, made[0].n_threads) == ("off", "off", 2)
    assert found["decode"] > 0
