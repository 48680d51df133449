"""`electron-local talk`: a conversation by microphone and loudspeaker, until Ctrl-C."""

from __future__ import annotations

import argparse
from contextlib import ExitStack, closing

from electron_local.audio.devices import Loudspeaker, Microphone
from electron_local.audio.endpoints import AudioSink, AudioSource
from electron_local.audio.file_devices import FileMicrophone, NullLoudspeaker
from electron_local.audio.guarded_microphone import GuardedMicrophone
from electron_local.audio.played_signal import PlayedSignal
from electron_local.audio.supervision import SupervisedLoudspeaker, SupervisedMicrophone
from electron_local.cli.speech_options import add_speech_arguments, end_of_turn_model, model_judges
from electron_local.cli.talk_screen import TalkScreen
from electron_local.client import Electron
from electron_local.demo.agent import FUNCTIONS, INSTRUCTIONS, TOOLS
from electron_local.model_store.store import ModelStore
from electron_local.voice import Session, SessionConfig
from electron_local.voice.live import converse

_MICROPHONE_HZ = 16000
_LOUDSPEAKER_HZ = 48000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Devices, model and instructions."""
    parser.add_argument("--microphone", metavar="NAME", help="input device (default: the system's)")
    parser.add_argument("--loudspeaker", metavar="NAME", help="output device (default: the system's)")
    parser.add_argument("--headphones", action="store_true", help="nothing of the loudspeaker reaches the microphone")
    parser.add_argument("--input", metavar="WAV", help="a recording instead of a microphone; ends with its answer")
    parser.add_argument("--mute", action="store_true", help="no loudspeaker; replies take their time all the same")
    parser.add_argument("--model", metavar="NAME|GGUF", help="a model file, or a name (default: the bundled one)")
    add_speech_arguments(parser)
    parser.add_argument("--system", default=INSTRUCTIONS, metavar="TEXT", help="the instructions")
    parser.add_argument("--no-tools", action="store_true", help="without the demo's tools")


def run(arguments: argparse.Namespace) -> int:
    """Open the devices first: what is missing is said before a model is loaded."""
    with ExitStack() as stack:
        sink, played = _open_loudspeaker(arguments)
        stack.enter_context(closing(sink))
        source = stack.enter_context(closing(_open_microphone(arguments, played)))
        ears = end_of_turn_model(arguments)
        model = None if arguments.model is None else ModelStore().find(arguments.model)
        client = stack.enter_context(Electron(model))
        tools = [] if arguments.no_tools else TOOLS
        judges = model_judges(arguments)
        config = SessionConfig(instructions=arguments.system, tools=tuple(tools), model_judges_end=judges)
        screen = TalkScreen()
        print("Speak; Ctrl-C ends it.")
        with Session(
            client,
            config,
            recognizer=arguments.stt,
            synthesizer=arguments.tts,
            end_of_turn=ears,
            tools=FUNCTIONS if tools else None,
        ) as session:
            try:
                converse(session, source, sink, on_event=screen.show, on_heard=screen.hear)
            except KeyboardInterrupt:
                print()
        screen.finish()
    return 0


def _open_loudspeaker(arguments: argparse.Namespace) -> tuple[AudioSink, PlayedSignal | None]:
    """And what it plays, where the microphone may hear it."""
    if arguments.mute:
        return NullLoudspeaker(_LOUDSPEAKER_HZ), None
    played = None if arguments.headphones else PlayedSignal(_LOUDSPEAKER_HZ, _MICROPHONE_HZ)
    on_played = None if played is None else played.put

    def open_device() -> Loudspeaker:
        return Loudspeaker(_LOUDSPEAKER_HZ, device=arguments.loudspeaker, on_played=on_played)

    return SupervisedLoudspeaker(open_device), played


def _open_microphone(arguments: argparse.Namespace, played: PlayedSignal | None) -> AudioSource:
    if arguments.input is not None:
        return GuardedMicrophone(FileMicrophone(arguments.input, _MICROPHONE_HZ), played)
    source = SupervisedMicrophone(lambda: Microphone(_MICROPHONE_HZ, device=arguments.microphone))
    return GuardedMicrophone(source, played)
