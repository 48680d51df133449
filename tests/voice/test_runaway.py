"""A model that says the same without end is stopped."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from electron_local.voice.generation import GenerationEnded, GenerationJob, TextMade, run_generation


class Stream:
    usage = None

    def __init__(self, pieces):
        self.left = list(pieces)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        self.left.clear()

    def __iter__(self):
        while self.left:
            delta = SimpleNamespace(content=self.left.pop(0), tool_calls=None)
            yield SimpleNamespace(usage=None, choices=[SimpleNamespace(delta=delta, finish_reason=None)])


@pytest.mark.parametrize(
    ("pieces", "n_said", "reason"),
    [
        (["It is sunny in "] + ["then"] * 500, 9, "length"),
        (["one "] * 7 + ["two."], 8, "stop"),
        (["0"] * 20, 20, "stop"),
    ],
)
def test_a_reply_that_repeats_itself_ends(pieces, n_said, reason):
    made = []
    completions = SimpleNamespace(create=lambda **request: Stream(pieces))
    client = SimpleNamespace(chat=SimpleNamespace(completions=completions))
    voicing = SimpleNamespace(sample_rate=16000, speak=lambda text, is_cancelled: ())
    run_generation(GenerationJob("resp", {}, SimpleNamespace()), client, voicing, made.append)
    assert sum(isinstance(each, TextMade) for each in made) == n_said
    assert isinstance(made[-1], GenerationEnded) and made[-1].finish_reason == reason
