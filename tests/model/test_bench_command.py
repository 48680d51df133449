"""`electron-local bench` on a small random model: everything it says it does, without looking at the speeds."""

from __future__ import annotations

import json

import pytest

from electron_local.cli import main
from electron_local.measure.report import read_report
from electron_local.model_store.store import ModelStore


@pytest.fixture(scope="module")
def found(llama_model, tmp_path_factory):
    path = tmp_path_factory.mktemp("bench") / "report.json"
    assert main(["bench", "--quick", "--model", str(llama_model), "--json", str(path)]) == 0
    return path


def test_json_has_every_group_and_the_facts(found, llama_model):
    report = read_report(found)
    groups = {each.group for each in report.measurements}
    assert groups >= {"load", "cold first token", "warm first token", "prefill", "decode", "sessions together"}
    # "cancel in prefill" may lack: beside other work so small a prompt is read before the cancel comes.
    assert groups >= {"cancel in decode", "memory at the end"}
    assert all(value >= 0 for each in report.measurements for value in each.values if "memory" not in each.group)
    assert [each.at for each in report.group("sessions together")] == [1, 4]
    assert [each.at for each in report.group("decode")] == [128]  # 1,024 do not fit into its context
    body = json.loads(found.read_text())
    assert body["model"]["file"] == llama_model.name and body["settings"]["n_ctx"] == 512
    assert {"cpu", "usable cpus", "memory, GiB", "libllama"} <= body["machine"].keys()


def test_a_run_of_a_model_by_name_is_compared_with_an_earlier_one(found, llama_model, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("ELECTRON_LOCAL_MODELS", str(tmp_path))
    ModelStore().add(llama_model, "tiny")
    assert main(["bench", "--quick", "--model", "tiny", "--compare", str(found), "--threads", "1"]) == 0
    out = capsys.readouterr().out
    assert "ratio" in out and "decode, 128 tokens" in out and "what else differs:" in out


def test_sessions_that_the_context_has_no_room_for_are_left_out(llama_model, capsys):
    assert main(["bench", "--quick", "--model", str(llama_model), "--n-ctx", "64"]) == 0
    told = capsys.readouterr()
    assert "memory at the end" in told.out and "sessions together" not in told.out and "Traceback" not in told.err


def test_a_picture_is_drawn(found, tmp_path):
    pytest.importorskip("matplotlib")
    from electron_local.measure.drawing import draw

    report = read_report(found)
    draw(report, tmp_path / "report.png", before=report)
    picture = (tmp_path / "report.png").read_bytes()
    assert picture.startswith(b"\x89PNG") and len(picture) > 20_000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--compare", "missing.json"], "missing.json: No such file"),
        (["--json", "missing/report.json"], "missing/report.json: its folder does not exist"),
        (["--threads", "0"], "n_threads must be at least 1, got 0"),
        (["--model", "missing.gguf"], "'missing.gguf' is neither a file nor the name of a model"),
    ],
)
def test_bad_arguments_are_told(arguments, words, llama_model, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = [] if "--model" in arguments else ["--model", str(llama_model)]
    assert main(["bench", *model, *arguments]) == 1
    assert words in capsys.readouterr().err
