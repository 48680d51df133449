"""pocketsphinx with a grammar, and with requests and phrases to expect."""

from __future__ import annotations

import gzip
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest

from electron_local.audio.wav import read_wav
from electron_local.demo.recordings import find_recording, load_recordings
from electron_local.errors import InvalidArgumentError, ModelLoadError, SpeechEngineError
from electron_local.speech import create_recognizer, sphinx_guidance
from electron_local.speech.phrase_model import phrase_model

pytest.importorskip("pocketsphinx")

GRAMMAR = """#JSGF V1.0;
grammar car;
public <all> = please set a timer for (one | ten | twenty) minutes | please (open | close) the window;
"""


def hear(recognizer, name):
    stream = recognizer.stream()
    stream.feed(read_wav(find_recording(name).path, sample_rate=16000).samples)
    return stream.finish().text


def test_a_grammar_allows_nothing_else(tmp_path):
    recognizer = create_recognizer("pocketsphinx", grammar=GRAMMAR)
    assert hear(recognizer, "timer") == "please set a timer for ten minutes"
    assert hear(recognizer, "window") == "please open the window"
    assert "coffee" not in hear(recognizer, "order")
    path = tmp_path / "car.gram"
    path.write_text(GRAMMAR)
    assert hear(create_recognizer("pocketsphinx", grammar=path), "window") == "please open the window"


@pytest.mark.parametrize("grammar", ["#JSGF V1.0; nonsense", "no such file", GRAMMAR.replace("window", "qwertzuiop")])
def test_bad_grammars(grammar):
    with pytest.raises(InvalidArgumentError, match="grammar"):
        create_recognizer("pocketsphinx", grammar=grammar)


def test_phrases_are_heard_sooner():
    right = create_recognizer("pocketsphinx", phrases=("Set the temperature to twenty-two degrees.",), adapt=False)
    assert hear(right, "temperature") == "set the temperature to twenty two degrees"
    assert hear(right, "music") == "play some jazz music"
    wrong = create_recognizer("pocketsphinx", phrases=("please send a diner for ten minutes",), adapt=False)
    assert hear(wrong, "timer") == "please send a diner for ten minutes"


def test_requests_are_heard_sooner():
    """Behind faint noise, where their sound is in doubt."""
    right = {}
    for weight in (0.0, 0.3):
        recognizer = create_recognizer("pocketsphinx", request_weight=weight, adapt=False)
        right[weight] = 0
        for recording in load_recordings():
            samples = read_wav(recording.path, sample_rate=16000).samples
            noise = np.random.default_rng(0).normal(0, 0.002, len(samples)).astype(np.float32)
            stream = recognizer.stream()
            stream.feed(samples + noise)
            right[weight] += stream.finish().text == recording.text
    assert right[0.3] >= right[0.0] + 2


def test_any_word_of_the_dictionary_is_heard_beside_requests():
    recognizer = create_recognizer("pocketsphinx", request_weight=0.9, adapt=False)
    assert hear(recognizer, "music") == "play some jazz music"


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b"no model", mtime=0), gzip.compress(b"\xff", mtime=0), None],
    ids=["empty", "no gzip", "no model", "no text", "no file"],
)
def test_a_damaged_model_of_requests(monkeypatch, tmp_path, content):
    path = tmp_path / "spoken-requests.arpa.gz"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setattr(sphinx_guidance, "data_file", lambda name, folder: path)
    with pytest.raises((ModelLoadError, SpeechEngineError), match="requests"):
        create_recognizer("pocketsphinx")
    assert create_recognizer("pocketsphinx", request_weight=0.0).sample_rate == 16000


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="no files in memory")
def test_no_disk_is_needed(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    for options in ({"phrases": ("open the window",)}, {"grammar": GRAMMAR}):
        assert hear(create_recognizer("pocketsphinx", **options), "window") == "please open the window"


def test_without_files_in_memory_a_disk_is(monkeypatch):
    monkeypatch.setattr(sphinx_guidance, "_OPEN_FILES", Path("/nowhere"))
    assert hear(create_recognizer("pocketsphinx"), "window") == "please open the window"
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    with pytest.raises(SpeechEngineError, match=r"a file that cannot be written: .*nowhere"):
        create_recognizer("pocketsphinx")


def test_a_decoder_that_cannot_be_made_takes_no_place(monkeypatch):
    recognizer = create_recognizer("pocketsphinx", max_streams=2)
    first = recognizer.stream()
    with monkeypatch.context() as lost:
        lost.setattr(sphinx_guidance, "data_file", lambda name, folder: Path("/nowhere") / name)
        for _ in range(3):
            with pytest.raises(ModelLoadError, match="spoken-requests"):
                recognizer.stream()
    recognizer.stream().cancel()
    first.cancel()


@pytest.mark.parametrize("weight", [-0.1, 1.0, float("nan")])
def test_bad_request_weights(weight):
    with pytest.raises(InvalidArgumentError, match="request_weight must be at least 0 and below 1"):
        create_recognizer("pocketsphinx", request_weight=weight)


def test_bad_phrases():
    for options, message in (
        ({"phrases": ("the qwertzuiop",)}, "the dictionary lacks qwertzuiop"),
        ({"phrases": ("...",)}, "at least one word"),
        ({"phrases": ("one",), "phrase_weight": 1.0}, "phrase_weight must be above 0 and below 1, got 1.0"),
        ({"phrases": ("one",), "grammar": GRAMMAR}, "not both"),
    ):
        with pytest.raises(InvalidArgumentError, match=message):
            create_recognizer("pocketsphinx", **options)


def test_probabilities_sum_to_one():
    """The bigrams behind each word and the unigrams that it falls back to."""
    words = {"open", "the", "door", "window"}
    text = phrase_model(["open the door", "open the window", "the door"], words)
    unigrams, backoffs, pairs = {}, {}, {}
    for line in text.splitlines():
        parts = line.split("\t")
        if len(parts) == 3 or (len(parts) == 2 and " " not in parts[1]):
            unigrams[parts[1]] = 10 ** float(parts[0])
            backoffs[parts[1]] = 10 ** float(parts[2]) if len(parts) == 3 else 1.0
        elif len(parts) == 2:
            pairs[tuple(parts[1].split())] = 10 ** float(parts[0])
    for before in ("<s>", "open", "the", "door"):
        seen = {after for first, after in pairs if first == before}
        total = sum(pairs[before, after] for after in seen)
        total += backoffs[before] * sum(unigrams[word] for word in {*words, "</s>"} - seen)
        assert total == pytest.approx(1.0, abs=0.01)
