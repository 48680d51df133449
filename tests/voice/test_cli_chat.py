"""`electron-local chat` on scripted engines: history, tools, Ctrl-C."""

from __future__ import annotations

import io
import json

import pytest

from electron_local.cli import chat, main
from electron_local.cli.input_lines import InputLines
from electron_local.cli.tool_file import read_tools
from electron_local.client import Electron
from electron_local.errors import InvalidArgumentError
from fakes import FakeEngine

CALL = '<tool_call>\n{"name": "get_time", "arguments": {"city": "Rio"}}\n</tool_call>'
TOOL = {"name": "get_time", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}


@pytest.fixture
def talk(monkeypatch, capsys):
    """Run the command over an engine with these replies; returns the engine and what was printed."""

    def run(replies, lines, *words, status=0):
        engine = FakeEngine(replies)
        monkeypatch.setattr(chat, "Electron", lambda path: Electron(engine=engine))
        monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines) + "\n"))
        assert main(["chat", *words]) == status
        return engine, capsys.readouterr()

    return run


def prompt(engine, index=-1):
    return engine.detokenize(engine.prompts[index], special=True)


def test_the_conversation_is_kept(talk):
    engine, told = talk(["Hi Ann.", "You are Ann."], ["I am Ann", "Who am I?"], "--system", "Be kind.")
    assert told.out == "Hi Ann.\nYou are Ann.\n\n"
    assert "Be kind." in prompt(engine) and "Hi Ann." in prompt(engine)
    assert engine.params[0].temperature == 0.0


def test_commands(talk):
    engine, told = talk(["A.", "B."], ["one", "/stats", "/reset", "/system Be rude.", "two", "/help", "/quit", "three"])
    assert "one" not in prompt(engine) and "Be rude." in prompt(engine) and len(engine.prompts) == 2
    assert "tokens in the last request" in told.out and "/reset forgets" in told.out


def test_calls_ask_for_their_results(talk, tmp_path):
    file = tmp_path / "tools.json"
    file.write_text(json.dumps([TOOL]))
    engine, told = talk(["Sure.\n" + CALL, "It is noon."], ["time?", "noon"], "--tools", str(file))
    assert '-> get_time {"city": "Rio"}' in told.out and "It is noon." in told.out
    assert "<tool_response>\nnoon\n</tool_response>" in prompt(engine) and '"name": "get_time"' in prompt(engine)


def test_an_error_loses_only_the_last_words(talk):
    engine, told = talk(["A."], ["x" * 20000, "short"])
    assert "error: " in told.err and "A." in told.out and "xxx" not in prompt(engine)


def test_ctrl_c_cancels_the_answer_and_not_the_program(talk, monkeypatch):
    printed = chat.AnswerPrinter.show

    def interrupt(self, chunk):
        printed(self, chunk)
        if "three" in self.message()["content"]:
            monkeypatch.setattr(chat.AnswerPrinter, "show", printed)
            raise KeyboardInterrupt

    monkeypatch.setattr(chat.AnswerPrinter, "show", interrupt)
    engine, told = talk([["one two ", "three", " four", " five six"], "Yes."], ["count", "go on"])
    assert "three …\n" in told.out and "six" not in told.out and "Yes." in told.out
    assert engine.generations[0].cancelled and "one two three<|im_end|>" in prompt(engine)


def test_ctrl_c_inside_a_call_keeps_no_half_of_it(talk, monkeypatch, tmp_path):
    printed = chat.AnswerPrinter.show

    def interrupt(self, chunk):
        printed(self, chunk)
        if any(choice.delta.tool_calls for choice in chunk.choices):
            monkeypatch.setattr(chat.AnswerPrinter, "show", printed)
            raise KeyboardInterrupt

    monkeypatch.setattr(chat.AnswerPrinter, "show", interrupt)
    file = tmp_path / "tools.json"
    file.write_text(json.dumps({"tools": [{"type": "function", "function": TOOL}]}))
    engine, told = talk(["Sure.\n" + CALL, "Yes."], ["time?", "never mind"], "--tools", str(file))
    assert "Yes." in told.out and "Sure.<|im_end|>" in prompt(engine)


def test_ctrl_c_at_the_prompt_ends_it(monkeypatch, tmp_path):
    def interrupted(prompt):
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", interrupted)
    assert InputLines(tmp_path / "history").read("> ") == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--temperature", "5"], "temperature is 5.0; must be between 0 and 2"),
        (["--temperature", "nan"], "temperature is nan"),
        (["--max-tokens", "0"], "max_tokens is 0; must be at least 1"),
        (["--max-tokens", "100000"], "100000 tokens of an answer do not fit into the context of 8192"),
    ],
)
def test_options_that_no_request_may_have_are_wrong_usage(talk, words, said):
    engine, told = talk([], ["hello"], *words, status=2)
    assert said in told.err and engine.prompts == []


def test_a_tool_that_no_request_may_have_is_a_failure(talk, tmp_path):
    file = tmp_path / "tools.json"
    file.write_text(json.dumps([{**TOOL, "name": "get time"}]))
    engine, told = talk([], ["hello"], "--tools", str(file), status=1)
    assert "tools[0].function.name" in told.err and engine.prompts == []


@pytest.mark.parametrize("text", ["{", "1", '{"tools": 1}', "[1]"])
def test_bad_tool_files_are_said(tmp_path, text):
    file = tmp_path / "tools.json"
    file.write_text(text)
    with pytest.raises(InvalidArgumentError, match=r"tools\.json"):
        read_tools(file)
    with pytest.raises(InvalidArgumentError, match=r"absent\.json"):
        read_tools(tmp_path / "absent.json")
