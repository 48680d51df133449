"""Training documents of one request beside one tool."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path

import jsonschema

RECIPE = Path(__file__).resolve().parents[2] / "models" / "electron-nano"
sys.path.insert(0, str(RECIPE))

from data import mixture  # noqa: E402
from data.small_talk import CANNOT  # noqa: E402

N = 400


def test_the_tool_is_called_or_the_request_refused():
    made = (item for item in mixture.dialogues(7, N, judgements=2) if item.is_judgement)
    called = 0
    for item in islice(made, N):
        *_, asked, answer = item.messages
        (tool,) = item.tools
        assert asked["role"] == "user"
        if "tool_calls" in answer:
            (call,) = answer["tool_calls"]
            assert call["function"]["name"] == tool["function"]["name"]
            jsonschema.validate(call["function"]["arguments"], tool["function"]["parameters"])
            called += 1
        else:
            assert answer["content"] == CANNOT
    assert 0.35 * N < called < 0.55 * N


def test_other_documents_stay_what_they_are():
    judged = [item.text for item in mixture.dialogues(7, 20, judgements=1) if not item.is_judgement]
    assert judged[0] == next(mixture.dialogues(7, 1)).text
    assert not any(item.is_judgement for item in mixture.dialogues(7, 20))
