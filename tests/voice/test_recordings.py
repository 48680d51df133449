"""The bundled recordings: their format, their tool calls, and what the default recogniser makes of them."""

from __future__ import annotations

import wave

import numpy as np
import pytest

from electron_local.audio.wav import read_wav
from electron_local.demo.agent import TOOLS
from electron_local.demo.recordings import find_recording, load_recordings
from electron_local.errors import InvalidArgumentError
from electron_local.speech import create_recognizer

MAX_WORD_ERROR_RATE = 0.12
PARAMETERS = {tool["function"]["name"]: tool["function"]["parameters"] for tool in TOOLS}


def count_word_errors(expected, heard):
    row = list(range(len(heard) + 1))
    for i, word in enumerate(expected, 1):
        above, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (word != other))
    return row[-1]


def test_there_are_enough_in_two_voices():
    recordings = load_recordings()
    assert len({recording.text for recording in recordings}) >= 8
    assert {recording.tool for recording in recordings} == set(PARAMETERS)
    assert len({recording.voice for recording in recordings}) >= 2


@pytest.mark.parametrize("recording", load_recordings(), ids=lambda recording: recording.id)
def test_format_and_arguments(recording):
    with wave.open(str(recording.path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16000, 1, 2)
    samples = read_wav(recording.path).samples
    assert np.abs(samples[:7000]).max() < 0.01
    assert np.abs(samples[-15000:]).max() < 0.02
    assert 0.1 < np.abs(samples).max() < 1.0
    parameters = PARAMETERS[recording.tool]
    assert set(parameters["required"]) <= set(recording.arguments) <= set(parameters["properties"])


def test_unknown_recording_is_named():
    with pytest.raises(InvalidArgumentError, match="'sing'; known: temperature"):
        find_recording("sing")


@pytest.mark.parametrize("adapt", [False, True])
def test_default_recognizer_understands_them(adapt):
    pytest.importorskip("pocketsphinx")
    recognizer = create_recognizer(adapt=adapt)
    n_errors = n_words = 0
    for recording in load_recordings():
        samples = read_wav(recording.path).samples
        stream = recognizer.stream()
        for start in range(0, len(samples), 320):
            stream.feed(samples[start : start + 320])
        text = stream.finish().text
        n_words += len(recording.text.split())
        n_errors += count_word_errors(recording.text.split(), text.split())
        print(f"{recording.id}: {text}")
    assert n_errors / n_words <= MAX_WORD_ERROR_RATE
