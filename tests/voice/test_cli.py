"""The commands, as a user runs them, on the bundled model."""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import wave

import numpy as np
import pytest

from electron_local.audio.file_devices import FileMicrophone, NullLoudspeaker
from electron_local.audio.frame import AudioFrame
from electron_local.audio.wav import read_wav, write_wav
from electron_local.cli import demo, main
from electron_local.cli.latency_table import format_table, turn_row
from electron_local.cli.speech_options import add_speech_arguments, model_judges
from electron_local.cli.talk_screen import TalkScreen
from electron_local.client import Electron
from electron_local.demo.agent import FUNCTIONS, INSTRUCTIONS, TOOLS
from electron_local.demo.recordings import load_recordings
from electron_local.errors import DeviceError
from electron_local.model_files import bundled_model
from electron_local.model_store.store import ModelStore
from electron_local.voice import Session, SessionConfig
from electron_local.voice.events import ReplyTextDelta
from electron_local.voice.ledger import TurnLedger
from electron_local.voice.live import converse


def test_wrong_usage_exits_2(capsys):
    for words in (["nonsense"], [], ["demo", "--nonsense"]):
        with pytest.raises(SystemExit) as stopped:
            main(words)
        assert stopped.value.code == 2
    capsys.readouterr()


@pytest.mark.parametrize("place", ["add_arguments", "run"])
def test_ctrl_c_ends_a_command_without_a_traceback(place, capsys, monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, place, interrupted)
    assert main(["demo"]) == 1
    assert capsys.readouterr() == ("", "\n")


def test_a_reader_that_has_gone_ends_a_command_quietly():
    words = [sys.executable, "-m", "electron_local.cli", "models", "list"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as command:
        command.stdout.close()
        assert command.stderr.read() == ""
    assert command.returncode == 1


def test_missing_recordings_and_folders_are_named(tmp_path, capsys):
    absent, output = str(tmp_path / "absent.wav"), str(tmp_path / "reply.wav")
    for words in (["talk", "--mute", "--input", absent], ["demo", absent, "--output", output]):
        assert main(words) == 1
        assert capsys.readouterr().err == f"electron-local {words[0]}: {absent}: No such file or directory\n"
    assert main(["demo", str(tmp_path), "--output", output]) == 1
    assert capsys.readouterr().err == f"electron-local demo: {tmp_path}: Is a directory\n"


def test_doctor_names_what_matters(capsys):
    assert main(["doctor"]) == 0
    report = capsys.readouterr().out
    for label in ("electron_local:", "libllama:", "cpu features:", "amx:", "bundled model:", "audio:"):
        assert label in report


def test_doctor_takes_a_name_and_fails_for_a_model_that_cannot_be_loaded(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("ELECTRON_LOCAL_MODELS", str(tmp_path))
    ModelStore().add(bundled_model(), "mine")
    assert main(["doctor", "--model", "mine"]) == 0
    assert f"settings of:       {bundled_model()}" in capsys.readouterr().out
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(b"GGUF")
    assert main(["doctor", "--model", str(damaged)]) == 1
    assert "damaged.gguf" in capsys.readouterr().out
    assert main(["doctor", "--model", "absent.gguf"]) == 1
    assert "'absent.gguf' is neither a file nor the name" in capsys.readouterr().err


def test_chat_streams_an_answer(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("hello\n"))
    assert main(["chat"]) == 0
    assert capsys.readouterr().out.strip()


def test_chat_with_a_missing_model_says_so(capsys):
    assert main(["chat", "--model", "absent.gguf"]) == 1
    assert "absent.gguf" in capsys.readouterr().err


def test_demo_hears_no_speech_in_an_empty_recording(tmp_path, capsys):
    silent, empty = tmp_path / "silent.wav", tmp_path / "empty.wav"
    write_wav(silent, AudioFrame(np.zeros(8000, np.float32), 16000))
    with wave.open(str(empty), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
    assert main(["demo", str(silent), str(empty), "--output", str(tmp_path / "reply.wav")]) == 0
    assert capsys.readouterr().out.count("no speech heard") == 2


def test_demo_refuses_a_file_that_is_no_recording(tmp_path, capsys):
    path = tmp_path / "bad.wav"
    path.write_bytes(b"")
    assert main(["demo", str(path)]) == 1
    assert "bad.wav" in capsys.readouterr().err


def test_demo_checks_where_the_reply_goes_before_it_plays(tmp_path, capsys):
    assert main(["demo", "--output", str(tmp_path / "absent" / "reply.wav")]) == 1
    told = capsys.readouterr()
    assert told.out == "" and "reply.wav: its folder does not exist" in told.err


def test_demo_takes_the_name_of_a_model(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("ELECTRON_LOCAL_MODELS", str(tmp_path / "models"))
    ModelStore().add(bundled_model(), "mine")
    silent, reply = tmp_path / "silent.wav", str(tmp_path / "reply.wav")
    write_wav(silent, AudioFrame(np.zeros(8000, np.float32), 16000))
    assert main(["demo", str(silent), "--model", "mine", "--output", reply]) == 0
    assert main(["demo", str(silent), "--model", "absent", "--output", reply]) == 1
    assert "'absent' is neither a file nor the name" in capsys.readouterr().err


def test_demo_plays_a_request_and_speaks(tmp_path, capsys):
    reply = tmp_path / "reply.wav"
    assert main(["demo", "--output", str(reply)]) == 0
    out = capsys.readouterr().out
    for label in ("speech started", "partial", "speech stopped", "tool call", "reply", "first audio", "done"):
        assert label in out
    frame = read_wav(reply)
    assert frame.sample_rate == 48000
    assert frame.duration_ms > 500
    assert np.abs(frame.samples).max() > 0.05


def test_talk_carries_audio_both_ways():
    recording = load_recordings()[0]
    config = SessionConfig(instructions=INSTRUCTIONS, tools=tuple(TOOLS))
    sink = NullLoudspeaker(48000)
    out, heard = io.StringIO(), []
    screen = TalkScreen(out)
    with Electron() as client, Session(client, config, tools=FUNCTIONS) as session:
        converse(session, FileMicrophone(recording.path), sink, on_event=screen.show, on_heard=heard.append)
    screen.finish()
    for label in ("partial", "speech stopped", "transcript", "tool call", "reply", "latency", "turn 1"):
        assert label in out.getvalue()
    assert sum(map(len, heard)) == len(read_wav(recording.path, 16000).samples)
    assert sink.position > 0
    assert sink.n_queued == 0


def test_talk_without_devices(capsys):
    assert main(["talk", "--input", str(load_recordings()[0].path), "--mute"]) == 0
    out = capsys.readouterr().out
    assert "voice to voice" in out
    assert "\033" not in out


def test_talk_reports_a_loudspeaker_that_ends():
    sink = NullLoudspeaker(48000)
    sink.close()
    with (
        Electron() as client,
        Session(client, SessionConfig(instructions=INSTRUCTIONS)) as session,
        pytest.raises(DeviceError, match="loudspeaker"),
    ):
        converse(session, FileMicrophone(load_recordings()[0].path), sink)


def test_the_level_meter_stays_below_the_conversation():
    out = io.StringIO()
    out.isatty = lambda: True
    screen = TalkScreen(out)
    for _ in range(5):
        screen.hear(np.full(320, 0.1, np.float32))
    screen.show(ReplyTextDelta(response_id="r", item_id="i", delta="Hello"))
    for _ in range(5):
        screen.hear(np.full(320, 0.1, np.float32))
    assert out.getvalue().count("mic [") == 1  # none into a line that goes on
    assert out.getvalue().index("mic [") < out.getvalue().index("Hello")


def test_latency_table_takes_the_first_spoken_response():
    call = TurnLedger(speech_end_ms=100, turn_end_ms=600, transcript_ms=650, request_ms=650, first_token_ms=660)
    spoken = TurnLedger(
        speech_end_ms=100, turn_end_ms=600, transcript_ms=650, request_ms=700, first_token_ms=710, first_audio_ms=760
    )
    row = turn_row([call, spoken])
    assert row == (500, 50, 10, 100, 660)
    table = format_table([("one", row), ("two", turn_row([]))])
    assert "median" in table
    assert "-" in table.splitlines()[2]


def test_models_that_judge_the_end_of_a_turn_are_options(tmp_path, capsys):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from made_speech_models import make_smart_turn

    recording, ears = str(load_recordings()[0].path), f"smart-turn:{make_smart_turn(tmp_path)}"
    assert main(["talk", "--input", recording, "--mute", "--end-of-turn", ears, "--model-judges", "no"]) == 0
    assert "voice to voice" in capsys.readouterr().out
    for command in ("talk", "demo", "serve"):
        words = ["--input", recording, "--mute"] if command == "talk" else []
        assert main([command, *words, "--end-of-turn", "smart-turn:absent"]) == 1
        assert "'absent' is neither a file" in capsys.readouterr().err


@pytest.mark.parametrize(("choice", "judges"), [("yes", True), ("no", False), ("auto", None)])
def test_who_judges_the_end_of_a_turn(choice, judges):
    parser = argparse.ArgumentParser()
    add_speech_arguments(parser)
    arguments = parser.parse_args(["--model-judges", choice])
    assert model_judges(arguments) is judges
