"""`electron-local serve`: chat, speech, transcripts and voice sessions, for clients in other processes."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from electron_local.cli.speech_options import add_speech_arguments, end_of_turn_model, model_judges
from electron_local.client import Electron
from electron_local.model_store.store import ModelStore
from electron_local.server import create_app, require_packages
from electron_local.server.access_log import LOGGER
from electron_local.server.keys import KeyRing, read_keys
from electron_local.server.limits import PLANS
from electron_local.server.listening import listen, url_of
from electron_local.server.options import ServerOptions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to listen, who may ask, how much, and which model."""
    parser.add_argument("--host", default="127.0.0.1", help="address or name to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8080, help="port; 0: any free one (default: 8080)")
    parser.add_argument("--api-key", action="append", default=[], metavar="KEY", help="a key to ask for; repeatable")
    parser.add_argument("--api-keys", type=Path, metavar="FILE", help="a file of keys, one a line; # begins a comment")
    parser.add_argument("--model", metavar="NAME|GGUF", help="a model file, or a name (default: the bundled one)")
    add_speech_arguments(parser)
    parser.add_argument("--plan", choices=sorted(PLANS), default="none", help="limits of each key (default: none)")
    parser.add_argument(
        "--max-sessions",
        type=int,
        default=ServerOptions.max_sessions,
        metavar="N",
        help=f"voice sessions at once (default: {ServerOptions.max_sessions})",
    )
    parser.add_argument(
        "--cors", action="append", default=[], metavar="ORIGIN", help="let web pages of this origin ask; repeatable"
    )
    parser.add_argument("--force", action="store_true", help="let other machines in without a key")


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; one JSON line a request goes to standard error."""
    require_packages()
    from electron_local.server.serving import serve

    keys = KeyRing([*arguments.api_key, *(read_keys(arguments.api_keys) if arguments.api_keys else ())])
    options = ServerOptions(
        keys=keys,
        plan=PLANS[arguments.plan],
        cors_origins=tuple(arguments.cors),
        max_sessions=arguments.max_sessions,
        end_of_turn=end_of_turn_model(arguments),
        model_judges_end=model_judges(arguments),
    )
    is_open_to_all = arguments.force or len(keys) > 0
    with (
        listen(arguments.host, arguments.port, is_open_to_all=is_open_to_all) as listener,
        Electron(
            None if arguments.model is None else ModelStore().find(arguments.model),
            speech_to_text=arguments.stt,
            text_to_speech=arguments.tts,
        ) as client,
    ):
        _log_to_stderr()
        print(f"{client.engine.model.name} at {url_of(listener)}/v1", flush=True)
        serve(create_app(client.chat_path, options, audio=client.audio_path), listener, options)
    return 0


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    LOGGER.handlers = [handler]
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
