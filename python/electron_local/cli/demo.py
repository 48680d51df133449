"""`electron-local demo`: recorded requests through the whole loop, at the pace of real time."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from electron_local.audio.frame import AudioFrame
from electron_local.audio.wav import read_wav, write_wav
from electron_local.cli.latency_table import format_table, turn_row
from electron_local.cli.output_file import check_writable
from electron_local.cli.speech_options import add_speech_arguments, end_of_turn_model, model_judges
from electron_local.cli.turn_printer import TurnPrinter
from electron_local.client import Electron
from electron_local.demo.agent import FUNCTIONS, INSTRUCTIONS, TOOLS
from electron_local.demo.recordings import load_recordings
from electron_local.model_store.store import ModelStore
from electron_local.speech import create_recognizer, create_synthesizer
from electron_local.voice import Session, SessionConfig
from electron_local.voice.events import AudioDelta

OUTPUT_RATE = 48000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which recordings, which model, where the reply goes."""
    parser.add_argument("wav", nargs="*", type=Path, help="recordings of your own instead of the bundled ones")
    parser.add_argument("--all", action="store_true", help="all bundled recordings, not only the first")
    parser.add_argument("--model", metavar="NAME|GGUF", help="a model file, or a name (default: the bundled one)")
    add_speech_arguments(parser)
    parser.add_argument("--output", type=Path, default=Path("reply.wav"), help="what was said (default: reply.wav)")


def run(arguments: argparse.Namespace) -> int:
    """Play each recording to a session of its own; print the turns, a latency table, and write the reply."""
    check_writable(arguments.output)
    model = None if arguments.model is None else ModelStore().find(arguments.model)
    paths = arguments.wav or [recording.path for recording in load_recordings()]
    if not arguments.wav and not arguments.all:
        paths = paths[:1]
    frames = [(path.stem, read_wav(path, sample_rate=16000)) for path in paths]
    with Electron(model) as client:
        stage = _Stage(client, arguments)
        rows = [(name, stage.play(name, frame)) for name, frame in frames]
    print()
    print(format_table(rows))
    if stage.audio:
        reply = AudioFrame(np.concatenate(stage.audio), OUTPUT_RATE)
        write_wav(arguments.output, reply)
        print(f"\n{arguments.output}: {reply.duration_ms / 1000:.1f} s of speech at {OUTPUT_RATE} Hz")
    return 0


class _Stage:
    """The parts that every recording shares."""

    def __init__(self, client: Electron, arguments: argparse.Namespace) -> None:
        self._client = client
        self._config = SessionConfig(
            instructions=INSTRUCTIONS,
            tools=tuple(TOOLS),
            output_sample_rate=OUTPUT_RATE,
            model_judges_end=model_judges(arguments),
        )
        self._recognizer = create_recognizer(arguments.stt)
        self._synthesizer = create_synthesizer(arguments.tts)
        self._ears = end_of_turn_model(arguments)
        self.audio: list[np.ndarray] = []
        system = {"role": "system", "content": INSTRUCTIONS}
        client.chat.completions.prefill(messages=[system], tools=TOOLS)

    def play(self, name: str, frame: AudioFrame) -> tuple[float | None, ...]:
        """One recording; returns its row of the latency table."""
        print(f"\n{name} ({frame.duration_ms / 1000:.1f} s)")
        printer = TurnPrinter()
        session = Session(
            self._client,
            self._config,
            recognizer=self._recognizer,
            synthesizer=self._synthesizer,
            end_of_turn=self._ears,
            tools=FUNCTIONS,
        )
        for event in session.run(frame.samples):
            printer.show(event)
            if isinstance(event, AudioDelta):
                self.audio.append(event.delta.samples)
        if printer.n_turns == 0:
            print("no speech heard")
        return turn_row(printer.ledgers)
