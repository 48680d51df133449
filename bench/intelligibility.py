"""Word errors of pocketsphinx on espeak's voices: how well our own speech is understood, voice by voice.

No peer and no aim: the recogniser's own errors are in the figure, and it was trained on people. The recordings of the
demo, human-like voices saying the same sentences, stand beside them.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from claims import Claims
from electron_local.audio.resampling import resample
from electron_local.audio.wav import read_wav
from electron_local.demo.recordings import load_recordings
from electron_local.speech import SpeechToText, TextToSpeech, create_recognizer, create_synthesizer
from electron_local.speech.phrase_model import words_of_phrase

RATE = 16000
MORE_SENTENCES = (
    "open the window on the left side",
    "turn on the lights in the kitchen",
    "what time is it in new york",
    "remind me to call the doctor tomorrow morning",
    "the nearest station is five minutes from here",
    "your order will be ready in ten minutes",
    "it is sunny in london today",
    "i have set the temperature to twenty two degrees",
)


def word_errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """Substitutions, deletions and insertions from `said` to `heard`. Source: Levenshtein, 1966.

    >>> word_errors("set a timer".split(), "send a small timer".split())
    2
    """
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]


def hear(recognizer: SpeechToText, samples: np.ndarray) -> list[str]:
    stream = recognizer.stream()
    stream.feed(np.concatenate([np.zeros(RATE // 4, np.float32), samples, np.zeros(RATE // 4, np.float32)]))
    return stream.finish().text.split()


def spoken(synthesizer: TextToSpeech, text: str, voice: str) -> np.ndarray:
    samples = np.concatenate([frame.samples for frame in synthesizer.synthesize(text, voice=voice)])
    return resample(samples, synthesizer.sample_rate, RATE, "hq")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--voice", action="append", help="only this one; repeatable")
    parser.add_argument("--quick", action="store_true", help="three sentences and two voices")
    arguments = parser.parse_args()
    recordings = load_recordings()
    recognizer, synthesizer = create_recognizer("pocketsphinx", adapt=False), create_synthesizer("espeak")
    sentences = [*(recording.text for recording in recordings), *MORE_SENTENCES]
    voices = arguments.voice or list(synthesizer.voices)
    if arguments.quick:
        sentences, voices, recordings = sentences[:3], voices[:2], recordings[:3]
    n_words = sum(len(words_of_phrase(sentence)) for sentence in sentences)
    claims = Claims("intelligibility")
    errors = [
        word_errors(recording.text.split(), hear(recognizer, read_wav(recording.path, sample_rate=RATE).samples))
        for recording in recordings
    ]
    n_recorded = sum(len(recording.text.split()) for recording in recordings)
    claims.value("word errors, the demo's recordings", 100 * sum(errors) / n_recorded, "%")
    rates = {}
    for voice in voices:
        n_errors = sum(
            word_errors(words_of_phrase(sentence), hear(recognizer, spoken(synthesizer, sentence, voice)))
            for sentence in sentences
        )
        rates[voice] = 100 * n_errors / n_words
        claims.value(f"word errors, {voice}", rates[voice], "%")
    claims.value("word errors, median voice", float(np.median(list(rates.values()))), "%")
    claims.finish()


if __name__ == "__main__":
    main()
