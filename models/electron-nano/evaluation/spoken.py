"""Requests spoken by two Flite voices and heard by the default recogniser, 20 ms at a time."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from random import Random

import pocketsphinx

from data import requests
from data.known_tools import DOMAINS, TOOLS
from data.requests import Request, Style
from electron_local.audio.wav import read_wav
from electron_local.speech import SpeechToText, Transcript, create_recognizer

from .known import asked
from .score import Score
from .speaker import Speaker

VOICES = ("slt", "rms")
CHUNK_MS = 20


def speak(text: str, voice: str, folder: Path) -> Path:
    """A WAV of `text` in a Flite voice. Raises FileNotFoundError without the program `flite`."""
    path = folder / "request.wav"
    subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True)
    return path


def hear(recognizer: SpeechToText, path: Path) -> Transcript:
    """The final transcript of a recording, fed as it would come from a microphone."""
    samples = read_wav(path, sample_rate=recognizer.sample_rate).samples
    stream, n = recognizer.stream(), recognizer.sample_rate * CHUNK_MS // 1000
    for i in range(0, len(samples), n):
        stream.feed(samples[i : i + n])
    return stream.finish()


def choose(speaker: Speaker, heard: Transcript) -> str:
    """The text that the model finds likeliest of those that the recogniser may have heard, as a session has it."""
    texts = [each.text for each in heard.alternatives]
    if len(texts) < 2:
        return heard.text
    priors = [each.score for each in heard.alternatives]
    found = speaker.client.chat.completions.likeliest(messages=asked(texts[0]), texts=texts, priors=priors, tools=TOOLS)
    return texts[found.index] if found else heard.text


def vocabulary() -> frozenset[str]:
    """The words that the recogniser can hear at all."""
    path = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict"))
    return frozenset(line.split(maxsplit=1)[0] for line in path.read_text(encoding="utf-8").splitlines())


def _request(tool: str, known: frozenset[str], rng: Random) -> Request:
    """A held-out wording without words, such as invented names, that the recogniser cannot hear."""
    while True:
        request = requests.test(tool, Style(True, 0.0), rng)
        if set(request.text.split()) <= known:
            return request


def spoken(speaker: Speaker, score: Score, each: int) -> None:
    """Held-out wordings of all the demo's tools, half of them in each voice."""
    recognizer, known = create_recognizer(), vocabulary()
    with tempfile.TemporaryDirectory() as folder:
        for tool in DOMAINS:
            rng = Random(f"spoken {tool}")
            for i in range(max(2, each // 3)):
                request = _request(tool, known, rng)
                heard = hear(recognizer, speak(request.text, VOICES[i % 2], Path(folder)))
                for row, text in (("spoken", heard.text), ("spoken, words chosen", choose(speaker, heard))):
                    got = speaker.answer(asked(text), TOOLS)
                    score.add_call(row, f"{request.text} / {text}", got, tool, request.args, goals=(85, 85))
                    score.add(f"  {row}: heard word for word", text == request.text)
