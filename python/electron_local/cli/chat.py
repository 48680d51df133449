"""`electron-local chat`: a conversation in the terminal, streamed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from electron_local.client import Electron
from electron_local.errors import APIError

INSTRUCTIONS = "You are Electron, a friendly voice assistant. Answer in one or two short sentences."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Model, instructions and sampling."""
    parser.add_argument("--model", type=Path, metavar="GGUF", help="a model file (default: the bundled one)")
    parser.add_argument("--system", default=INSTRUCTIONS, metavar="TEXT", help="the instructions")
    parser.add_argument("--temperature", type=float, default=0.0, help="0 (default): the most likely words")


def run(arguments: argparse.Namespace) -> int:
    """Read lines, stream answers; an empty line or end of input ends it, Ctrl-C stops the answer."""
    with Electron(arguments.model) as client:
        messages: list[dict[str, Any]] = [{"role": "system", "content": arguments.system}]
        interactive = sys.stdin.isatty()
        while line := _read_line("you> " if interactive else ""):
            messages.append({"role": "user", "content": line})
            try:
                reply = _answer(client, messages, arguments.temperature)
            except APIError as error:
                print(f"error: {error}", file=sys.stderr)
                messages.pop()
                continue
            messages.append({"role": "assistant", "content": reply})
    return 0


def _read_line(prompt: str) -> str:
    try:
        return input(prompt).strip()
    except (EOFError, KeyboardInterrupt):
        print()
        return ""


def _answer(client: Electron, messages: list[dict[str, Any]], temperature: float) -> str:
    """Stream one answer to the terminal and return what was shown of it."""
    parts: list[str] = []
    with client.chat.completions.create(
        model="electron", messages=messages, temperature=temperature, stream=True
    ) as stream:
        try:
            for chunk in stream:
                text = chunk.choices[0].delta.content if chunk.choices else None
                if text:
                    parts.append(text)
                    print(text, end="", flush=True)
        except KeyboardInterrupt:
            print(" …", end="")
    print()
    return "".join(parts)
