"""`electron-local chat`: a conversation in the terminal, streamed. Ctrl-C cancels the answer and not the program."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from electron_local.chat.types import ToolCall
from electron_local.cli.answer_printer import AnswerPrinter
from electron_local.cli.input_lines import InputLines
from electron_local.cli.tool_file import read_tools
from electron_local.client import Electron
from electron_local.errors import APIError, BadRequestError
from electron_local.model_store.store import ModelStore

INSTRUCTIONS = "You are Electron, a friendly voice assistant. Answer in one or two short sentences."
HELP = "/reset forgets the conversation, /system TEXT changes the instructions, /stats counts tokens, /quit ends"
_ANY_MESSAGE = {"role": "user", "content": "hello"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Model, instructions, tools and sampling."""
    parser.add_argument("--model", metavar="NAME|GGUF", help="a model file, or a name (default: the bundled one)")
    parser.add_argument("--system", default=INSTRUCTIONS, metavar="TEXT", help="the instructions")
    parser.add_argument("--tools", type=Path, metavar="FILE.json", help="tools in OpenAI's form; you type the results")
    parser.add_argument("--temperature", type=float, default=0.0, help="0 (default): the most likely words")
    parser.add_argument("--max-tokens", type=int, metavar="N", help="of one answer")


def run(arguments: argparse.Namespace) -> int:
    """Read lines, stream answers; an empty line or end of input ends it. Options are checked before."""
    tools = read_tools(arguments.tools) if arguments.tools is not None else None
    path = ModelStore().find(arguments.model) if arguments.model is not None else None
    options = {"temperature": arguments.temperature, "max_tokens": arguments.max_tokens, "tools": tools}
    with Electron(path) as client, InputLines() as lines:
        try:
            prompt = client.chat_path.prompt_tokens({"model": "electron", "messages": [_ANY_MESSAGE], **options})
        except BadRequestError as error:
            print(f"electron-local chat: {error}", file=sys.stderr)
            return 1 if (error.param or "").startswith("tools") else 2
        if arguments.max_tokens is not None and len(prompt) + arguments.max_tokens > client.engine.n_ctx:
            room = f"{arguments.max_tokens} tokens of an answer do not fit into the context of {client.engine.n_ctx}"
            print(f"electron-local chat: {room}", file=sys.stderr)
            return 2
        dialogue = Dialogue(client, arguments.system, options)
        if lines.is_interactive:
            print(f"{client.engine.model.name}; {HELP}")
        while line := lines.read("you> "):
            if not line.startswith("/"):
                dialogue.say(line, lines)
            elif not _command(dialogue, line):
                break
    return 0


def _command(dialogue: Dialogue, line: str) -> bool:
    """Do what `line` says; False ends the program."""
    word, _, rest = line.partition(" ")
    if word == "/quit":
        return False
    if word == "/reset":
        dialogue.reset()
    elif word == "/system" and rest.strip():
        dialogue.reset(rest.strip())
    elif word == "/stats":
        print(f"{dialogue.n_tokens} tokens in the last request and answer, {dialogue.n_cached} of them from the cache")
    else:
        print(HELP)
    return True


class Dialogue:
    """One conversation: its messages, and the last answer's counts."""

    def __init__(self, client: Electron, instructions: str, options: dict[str, Any]) -> None:
        self._client = client
        self._options = options
        self._instructions = instructions
        self.n_tokens = 0
        self.n_cached = 0
        self.messages: list[Any] = []
        self.reset()

    def reset(self, instructions: str | None = None) -> None:
        """Forget everything but the instructions, which may be new ones."""
        self._instructions = instructions or self._instructions
        self.messages = [{"role": "system", "content": self._instructions}] if self._instructions else []

    def say(self, text: str, lines: InputLines) -> None:
        """Send what the user said and show the answer; ask for the results of calls until there are none."""
        n_before = len(self.messages)
        self.messages.append({"role": "user", "content": text})
        try:
            while calls := self._answer():
                for call in calls:
                    content = lines.read(f"result of {call.function.name}> ")
                    self.messages.append({"role": "tool", "tool_call_id": call.id, "content": content})
        except APIError as error:
            print(f"error: {error}", file=sys.stderr)
            del self.messages[n_before:]

    def _answer(self) -> list[ToolCall]:
        """Stream one answer to the terminal and keep what was shown of it; return its calls."""
        printer = AnswerPrinter()
        with self._client.chat.completions.create(
            model="electron",
            messages=self.messages,
            stream=True,
            stream_options={"include_usage": True},
            **self._options,
        ) as stream:
            try:
                for chunk in stream:
                    printer.show(chunk)
            except KeyboardInterrupt:
                print(" …", end="")
        print()
        self.n_tokens, self.n_cached = printer.n_tokens, printer.n_cached
        self.messages.append(printer.message())
        return printer.calls()
