"""`electron-local talk`: a conversation by microphone and loudspeaker, until Ctrl-C."""

from __future__ import annotations

import argparse
import threading

from electron_local.audio.devices import Loudspeaker, Microphone
from electron_local.audio.endpoints import AudioSink, AudioSource
from electron_local.cli.turn_printer import TurnPrinter
from electron_local.client import Electron
from electron_local.demo.agent import FUNCTIONS, INSTRUCTIONS, TOOLS
from electron_local.errors import DeviceError
from electron_local.model_store.store import ModelStore
from electron_local.voice import Session, SessionConfig
from electron_local.voice.events import AudioDelta, ResponseDone


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Devices, model and instructions."""
    parser.add_argument("--microphone", metavar="NAME", help="input device (default: the system's)")
    parser.add_argument("--loudspeaker", metavar="NAME", help="output device (default: the system's)")
    parser.add_argument("--model", metavar="NAME|GGUF", help="a model file, or a name (default: the bundled one)")
    parser.add_argument("--system", default=INSTRUCTIONS, metavar="TEXT", help="the instructions")
    parser.add_argument("--no-tools", action="store_true", help="without the demo's tools")


def run(arguments: argparse.Namespace) -> int:
    """Open the devices first: what is missing is said before a model is loaded."""
    with (
        Microphone(16000, device=arguments.microphone) as microphone,
        Loudspeaker(48000, device=arguments.loudspeaker) as loudspeaker,
        Electron(None if arguments.model is None else ModelStore().find(arguments.model)) as client,
    ):
        tools = [] if arguments.no_tools else TOOLS
        config = SessionConfig(instructions=arguments.system, tools=tuple(tools))
        print("Speak; Ctrl-C ends it. Use headphones: nothing removes the loudspeaker's echo yet.")
        with Session(client, config, tools=FUNCTIONS if tools else None) as session:
            try:
                converse(session, microphone, loudspeaker, TurnPrinter())
            except KeyboardInterrupt:
                print()
    return 0


def converse(session: Session, source: AudioSource, sink: AudioSink, printer: TurnPrinter) -> None:
    """Carry audio both ways until the source ends; one more thread prints and plays.

    Raises:
        DeviceError: the microphone or the loudspeaker stopped.
    """
    failures: list[DeviceError] = []
    player = threading.Thread(target=_play, args=(session, sink, printer, failures), name="talk-player")
    player.start()
    try:
        while not failures and (frame := source.read()) is not None:
            session.push(frame.samples)
    finally:
        session.close()
        player.join()
    if failures:
        raise failures[0]


def _play(session: Session, sink: AudioSink, printer: TurnPrinter, failures: list[DeviceError]) -> None:
    """Body of the player thread. A loudspeaker that fails is reported to the reading thread."""
    for event in session.events():
        printer.show(event)
        try:
            if isinstance(event, AudioDelta) and not failures:
                sink.write(event.delta.samples)
            elif isinstance(event, ResponseDone) and event.response.status == "cancelled":
                sink.clear()
        except DeviceError as error:
            failures.append(error)
