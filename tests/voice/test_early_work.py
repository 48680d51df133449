"""The whole loop with the bundled model, in virtual time: with and without early work it says and calls the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from electron_local import Electron
from electron_local.audio.wav import read_wav
from electron_local.demo.agent import FUNCTIONS, INSTRUCTIONS, TOOLS
from electron_local.demo.recordings import find_recording
from electron_local.speech import create_recognizer, create_synthesizer
from electron_local.voice import EarlyWork, Session, SessionConfig, TurnSettings
from electron_local.voice.events import CallArgumentsDone, ItemDone, ResponseDone, TranscriptCompleted
from virtual_time import VirtualRuntime

JUDGED = SessionConfig(instructions=INSTRUCTIONS, tools=tuple(TOOLS), model_judges_end=True)
READ = replace(JUDGED, model_judges_end=False)


@pytest.fixture(scope="module")
def stages():
    pytest.importorskip("pocketsphinx")
    pytest.importorskip("espeakng_loader")
    with Electron() as client:
        yield client, create_recognizer(), create_synthesizer()


def without_early_work(config: SessionConfig) -> SessionConfig:
    end = replace(config.turn.end_of_turn, soft_end_ms=None)
    return replace(config, early=EarlyWork.none(), turn=TurnSettings(end, config.turn.barge_in))


def converse(stages, config: SessionConfig, name: str) -> list:
    client, recognizer, synthesizer = stages
    session = Session(
        client, config, recognizer=recognizer, synthesizer=synthesizer, tools=FUNCTIONS, runtime=VirtualRuntime()
    )
    return list(session.run(read_wav(find_recording(name).path, sample_rate=16000).samples))


def outcome(events: list) -> tuple:
    kinds = (TranscriptCompleted, ItemDone, CallArgumentsDone)
    seen = [event for event in events if isinstance(event, kinds)]
    texts = [event.item.text if isinstance(event, ItemDone) else getattr(event, "text", "") for event in seen]
    calls = [(event.name, event.arguments) for event in seen if isinstance(event, CallArgumentsDone)]
    return texts, calls


@pytest.mark.parametrize("config", [JUDGED, READ], ids=["judged", "read"])
@pytest.mark.parametrize("name", ["temperature", "weather"])
def test_early_work_changes_no_word(stages, config, name):
    early, late = converse(stages, config, name), converse(stages, without_early_work(config), name)
    assert outcome(early) == outcome(late)
    recording = find_recording(name)
    assert [event.name for event in early if isinstance(event, CallArgumentsDone)] == [recording.tool]
    if config is READ:
        assert next(e for e in early if isinstance(e, ResponseDone)).ledger.read_ahead_tokens > 0
        assert next(e for e in late if isinstance(e, ResponseDone)).ledger.read_ahead_tokens == 0
