"""The named voices are heard apart, and the languages of the model card are spoken or refused by name."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from electron_local.errors import InvalidArgumentError
from electron_local.speech import create_synthesizer
from electron_local.speech.languages import NAMES, find_language
from electron_local.speech.voices import VOICES, VOICES_OF_MODEL

pytest.importorskip("espeakng_loader")

SENTENCE = "Okay, the cabin is set to twenty two degrees. Where would you like to go now?"
RATE = 22050
LINES = (Path(__file__).parents[1] / "data" / "greetings.tsv").read_text(encoding="utf-8").splitlines()
GREETINGS = dict(line.split("\t") for line in LINES)
SEMITONE = 1.0  # a just noticeable difference of pitch in speech is less
TIMBRE_DB = 2.0  # between third-octave spectra; recordings of one voice differ by less


@pytest.fixture(scope="module")
def synthesizer():
    return create_synthesizer("espeak")


def pitch_hz(samples):
    """The median over voiced frames, by autocorrelation."""
    found = []
    for start in range(0, len(samples) - 2048, 512):
        frame = samples[start : start + 2048] * np.hanning(2048)
        if np.mean(frame**2) < 1e-4:
            continue
        correlation = np.fft.irfft(np.abs(np.fft.rfft(frame, 4096)) ** 2)
        lag = RATE // 400 + int(correlation[RATE // 400 : RATE // 55].argmax())
        if correlation[lag] > 0.3 * correlation[0]:
            found.append(RATE / lag)
    return float(np.median(found))


def spectrum_db(samples):
    """24 bands from 150 Hz to 8 kHz about their mean: where the formants lie."""
    n = len(samples) // 2048 * 2048
    power = (np.abs(np.fft.rfft(samples[:n].reshape(-1, 2048) * np.hanning(2048))) ** 2).mean(0)
    frequencies = np.fft.rfftfreq(2048, 1 / RATE)
    edges = np.geomspace(150, 8000, 25)
    bands = [power[(frequencies >= low) & (frequencies < high)].mean() for low, high in itertools.pairwise(edges)]
    decibels = 10 * np.log10(np.array(bands) + 1e-12)
    return decibels - decibels.mean()


def test_every_two_voices_differ_in_pitch_or_formants(synthesizer):
    heard = {}
    for voice in synthesizer.voices:
        samples = np.concatenate([frame.samples for frame in synthesizer.synthesize(SENTENCE, voice=voice)])
        heard[voice] = pitch_hz(samples), spectrum_db(samples)
    for one, other in itertools.combinations(heard, 2):
        semitones = abs(12 * np.log2(heard[one][0] / heard[other][0]))
        timbre_db = np.sqrt(np.mean((heard[one][1] - heard[other][1]) ** 2))
        assert semitones > SEMITONE or timbre_db > TIMBRE_DB, (one, other, semitones, timbre_db)


def test_the_lists_of_the_three_models(synthesizer):
    assert synthesizer.voices == tuple(VOICES)
    assert {name: len(voices) for name, voices in VOICES_OF_MODEL.items()} == {
        "hydra": 6,
        "hydra-v1.1": 10,
        "hydra-v1.0": 14,
    }
    assert len(VOICES) == 30


@pytest.mark.parametrize("language", [code for code in GREETINGS if code.partition("-")[0] in NAMES])
def test_a_language_is_spoken_or_refused_by_name(synthesizer, language):
    if find_language(language, synthesizer.languages):
        frames = list(synthesizer.synthesize(GREETINGS[language], language=language))
        assert sum(frame.duration_ms for frame in frames) > 500
        assert np.abs(np.concatenate([frame.samples for frame in frames])).max() > 0.1
    else:
        with pytest.raises(InvalidArgumentError, match=f"does not speak {NAMES[language.partition('-')[0]]} "):
            synthesizer.synthesize("hello", language=language)


def test_at_least_seventy_languages_are_spoken(synthesizer):
    assert sum(find_language(code, synthesizer.languages) is not None for code in NAMES) >= 70


@pytest.mark.parametrize("language", ["pt-PT", "de_AT", "zh-Hant-TW", "iw", "en-US", "EN"])
def test_regions_scripts_and_old_codes(synthesizer, language):
    assert list(synthesizer.synthesize("1 2 3", language=language))
