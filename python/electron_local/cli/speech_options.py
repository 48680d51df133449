"""What the voice commands are told of their speech engines, and of who judges the end of a turn."""

from __future__ import annotations

import argparse

from electron_local.speech import EndOfTurnModel, create_end_of_turn_model

_JUDGES = {"yes": True, "no": False}


def add_speech_arguments(parser: argparse.ArgumentParser) -> None:
    """`--stt`, `--tts`, `--end-of-turn` and `--model-judges`."""
    parser.add_argument(
        "--stt", metavar="NAME[:MODEL]", help="the recogniser: moonshine, ensemble, … (default: pocketsphinx)"
    )
    parser.add_argument("--tts", metavar="NAME[:MODEL]", help="the synthesiser (default: espeak)")
    parser.add_argument(
        "--end-of-turn",
        metavar="NAME:MODEL",
        help="a model that hears when you have finished, as smart-turn:MODEL (default: none)",
    )
    parser.add_argument(
        "--model-judges",
        choices=("auto", *_JUDGES),
        default="auto",
        help="whether the language model tells from the words when you have finished (default: if it was trained to)",
    )


def end_of_turn_model(arguments: argparse.Namespace) -> EndOfTurnModel | None:
    """The model of `--end-of-turn`. Raises what `create_end_of_turn_model` raises."""
    return None if arguments.end_of_turn is None else create_end_of_turn_model(arguments.end_of_turn)


def model_judges(arguments: argparse.Namespace) -> bool | None:
    """`SessionConfig.model_judges_end`.

    >>> model_judges(argparse.Namespace(model_judges="no"))
    False
    """
    return _JUDGES.get(arguments.model_judges)
