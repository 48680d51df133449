"""What the language model of spoken requests is worth to pocketsphinx, and costs: words, time, memory.

The peer is pocketsphinx as it comes. Requests of strangers, each the first that he says, are heard as loud as expected
and 30 dB below: the recogniser must find out. Requests as in `pass_rate.py`, of another seed too; `--recordings FOLDER`
adds clips of people, most of which are no requests. First texts of final transcripts: no language model chooses.
Needs `flite`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from claims import Claims
from electron_local.speech import SpeechToText, create_recognizer
from electron_local.speech.base import SpeakerAdaptive
from electron_local.speech.phrase_model import words_of_phrase
from intelligibility import word_errors
from made_speech import RATE, SpokenRequest, spoken_requests
from memory import resident_mb
from pass_rate import recorded_requests

_PIECE = RATE // 50
_QUIET = np.zeros(3 * RATE // 10, np.float32)
_SEEDS = (16, 77)
_MOST_OF_ERRORS = 0.6
_MOST_ELSEWHERE = 1.1
_QUIET_GAIN, _LEAST_OF_QUIET = 10 ** (-30 / 20), 0.9


@dataclass(frozen=True)
class Heard:
    """Shares of the words, of the requests, of the requests, and of real time."""

    word_errors: float
    right: float
    right_among_alternatives: float
    cpu: float


def heard(recognizer: SpeechToText, requests: Sequence[SpokenRequest]) -> Heard:
    """What became of `requests`, each voice a speaker whom the recogniser learns."""
    speakers = {
        voice: recognizer.for_speaker() if isinstance(recognizer, SpeakerAdaptive) else recognizer
        for voice in {request.voice for request in requests}
    }
    n_errors = n_words = n_right = n_among = n_samples = 0
    begin_s = time.process_time()
    for request in requests:
        samples = np.concatenate([request.samples, _QUIET])
        stream = speakers[request.voice].stream()
        for start in range(0, len(samples), _PIECE):
            stream.feed(samples[start : start + _PIECE])
        transcript, said = stream.finish(), words_of_phrase(request.text)
        texts = [transcript.text, *(each.text for each in transcript.alternatives)]
        n_errors += word_errors(said, texts[0].split())
        n_words += len(said)
        n_right += texts[0].split() == said
        n_among += said in [text.split() for text in texts]
        n_samples += len(samples)
    cpu_s, n = time.process_time() - begin_s, len(requests)
    return Heard(n_errors / n_words, n_right / n, n_among / n, cpu_s * RATE / n_samples)


def made(**options: float) -> tuple[SpeechToText, float, float]:
    """A recogniser, its MB and the seconds that it took."""
    begin_mb, begin_s = resident_mb(), time.perf_counter()
    recognizer = create_recognizer("pocketsphinx", **options)
    return recognizer, resident_mb() - begin_mb, time.perf_counter() - begin_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recordings", type=Path, metavar="FOLDER", help="clips of people with an index.json")
    parser.add_argument("--quick", action="store_true", help="a few requests, to see that it works")
    arguments = parser.parse_args()
    n = 4 if arguments.quick else 100
    sets = {
        f"requests, seed {seed}": spoken_requests(
            n, paused=False, seed=seed, voices=("slt", "rms"), has_new_names=False
        )
        for seed in _SEEDS
    }
    if arguments.recordings is not None:
        sets["recordings"] = recorded_requests(arguments.recordings)
    claims = Claims("request_words", requests=n, recorded=arguments.recordings is not None)
    made(request_weight=0.0)  # loads the library
    without, plain_mb, plain_s = made(request_weight=0.0)
    mixed, mixed_mb, mixed_s = made()
    claims.value("memory of a decoder without", plain_mb, "MB")
    claims.value("memory of a decoder", mixed_mb, "MB")
    claims.value("to load without", plain_s, "s")
    claims.value("to load", mixed_s, "s")
    for name, requests in sets.items():
        before, after = heard(without, requests), heard(mixed, requests)
        most = _MOST_ELSEWHERE if name == "recordings" else _MOST_OF_ERRORS
        claims.value(f"{name}: word errors without", 100 * before.word_errors, "%")
        claims.value(f"{name}: word errors", 100 * after.word_errors, "%")
        claims.ratio(f"{name}: word errors, with / without", after.word_errors / before.word_errors, at_most=most)
        claims.value(f"{name}: heard word for word without", before.right)
        claims.value(f"{name}: heard word for word", after.right)
        claims.value(f"{name}: right among the alternatives without", before.right_among_alternatives)
        claims.value(f"{name}: right among the alternatives", after.right_among_alternatives)
        claims.value(f"{name}: processor time, with / without", after.cpu / before.cpu)
    strangers = [
        replace(request, voice=f"{request.voice} {i}")
        for i, request in enumerate(sets[f"requests, seed {_SEEDS[-1]}"][: n // 2])
    ]
    quiet = [replace(request, samples=request.samples * np.float32(_QUIET_GAIN)) for request in strangers]
    as_loud, quieter = heard(mixed, strangers).word_errors, heard(mixed, quiet).word_errors
    claims.value("strangers: word errors", 100 * as_loud, "%")
    claims.value("strangers 30 dB quieter: word errors", 100 * quieter, "%")
    kept = (1 - quieter) / (1 - as_loud)
    claims.ratio("strangers: right words, 30 dB quieter / as loud", kept, at_least=_LEAST_OF_QUIET)
    claims.finish()


if __name__ == "__main__":
    main()
