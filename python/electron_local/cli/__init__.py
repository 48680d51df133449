"""The command `electron-local`: one file a subcommand. Exit status: 0 done, 1 failed, 2 wrong usage."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

from electron_local import __version__
from electron_local.errors import ElectronError

COMMANDS = {
    "demo": "play a recorded request through the whole loop and time it",
    "chat": "talk to a model in the terminal",
    "talk": "talk to a model by microphone and loudspeaker",
    "serve": "answer chat requests over HTTP",
    "models": "list, add, fetch and describe model files",
    "bench": "measure a model on this machine",
    "doctor": "print what this installation and this machine offer",
}


class Command(Protocol):
    """What each module of this package offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own arguments."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it and return the exit status."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the console script's entry."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        arguments = _parsed(words)
        status = _command(arguments.command).run(arguments)
        sys.stdout.flush()  # a reader that has gone is found out here, and not by the interpreter as it ends
        return status
    except KeyboardInterrupt:
        print(file=sys.stderr)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still unwritten goes nowhere
    except ElectronError as error:
        print(f"electron-local {words[0]}: {error}", file=sys.stderr)
    except OSError as error:
        print(f"electron-local {words[0]}: {_reason(error)}", file=sys.stderr)
    return 1


def _parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="electron-local", description="An offline voice-agent runtime.")
    parser.add_argument("--version", action="version", version=f"electron-local {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=text, description=text)
        if name in words[:1]:
            _command(name).add_arguments(subparser)
    return parser.parse_args(words)


def _command(name: str) -> Command:
    return cast(Command, import_module(f"{__name__}.{name}"))


def _reason(error: OSError) -> str:
    return str(error) if error.filename is None else f"{error.filename}: {error.strerror}"
