"""The recipe of the recogniser's language model of requests: what is drawn for it, how it is smoothed and pruned."""

from __future__ import annotations

import gzip
import itertools
import sys
from pathlib import Path

import pytest

MODELS = Path(__file__).resolve().parents[2] / "models"
RECIPE = MODELS / "spoken-requests"
sys.path[:0] = [str(MODELS / "electron-nano"), str(RECIPE)]

from data.apart import kept_apart  # noqa: E402
from data.sources import Sources  # noqa: E402
from data.wording import as_heard, normal  # noqa: E402
from kneser_ney import Ngrams, ngrams  # noqa: E402
from sentences import as_spoken, sentences  # noqa: E402

WORDS = ("open", "close", "the", "door", "window", "please")
TEXT = [
    *["open the door"] * 6,
    *["close the window"] * 4,
    *["open the window please"] * 3,
    *["please close the door"] * 2,
    "open the blue door",
    "the window",
]


@pytest.fixture(scope="module")
def model() -> Ngrams:
    return ngrams(TEXT, set(WORDS))


@pytest.mark.parametrize("least", [0.0, 1e-3, 1e-2, 1.0])
def test_probabilities_behind_any_words_sum_to_one(model: Ngrams, least: float) -> None:
    pruned = model.pruned(least)
    for context in itertools.product(("<s>", *WORDS), WORDS):
        total = sum(pruned.probability((*context, word)) for word in (*WORDS, "</s>"))
        assert total == pytest.approx(1.0, abs=1e-6)


def test_what_was_said_often_is_likelier(model: Ngrams) -> None:
    assert model.probability(("<s>", "open", "the")) > 0.8
    assert model.probability(("open", "the", "door")) > model.probability(("open", "the", "window"))
    assert model.probability(("close", "the", "window")) > model.probability(("close", "the", "door"))


def test_no_ngram_spans_an_unknown_word(model: Ngrams) -> None:
    assert not any("blue" in gram for gram in model.probabilities)
    assert model.probability(("blue",)) == 0.0


def test_pruning_keeps_what_says_most(model: Ngrams) -> None:
    pruned = model.pruned(5e-3)
    assert 0 < len(pruned.probabilities) < len(model.probabilities)
    assert {gram for gram in model.probabilities if len(gram) == 1} <= set(pruned.probabilities)
    assert all(gram[:-1] in pruned.probabilities for gram in pruned.probabilities if len(gram) > 1)
    assert not any(len(gram) > 1 for gram in model.pruned(1.0).probabilities)
    assert pruned.probability(("close", "the", "window")) == pytest.approx(
        model.probability(("close", "the", "window")), rel=0.3
    )


def test_the_text_of_a_model_counts_its_ngrams(model: Ngrams) -> None:
    text = model.arpa()
    for order in (1, 2, 3):
        section = text.split(f"\\{order}-grams:\n")[1].split("\n\n")[0].splitlines()
        assert f"ngram {order}={len(section)}" in text
        assert all(len(line.split("\t")[1].split()) == order for line in section)


def test_sentences_are_spoken_and_keep_the_evaluation_apart() -> None:
    first, second = (list(sentences(400, Sources())) for _ in range(2))
    assert first == second
    assert len(first) == 400
    apart = kept_apart(None).said
    assert not [text for text in first if normal(text) in apart]
    assert not [text for text in first if any(c.isdigit() or c.isupper() for c in text)]
    numbers = [text for text in first if as_heard(text) in {"zero", "one", "two", "three", "four", "five"}]
    assert numbers


@pytest.mark.parametrize(
    ("typed", "spoken"),
    [
        ("I am at 7 PM, ok?", "i am at seven p.m. ok"),
        ("the 3rd and the 20th", "the third and the twentieth"),
        ("call 5550123", "call five five five zero one two three"),
        ("a 5km run", "a five km run"),
    ],
)
def test_as_spoken(typed: str, spoken: str) -> None:
    assert as_spoken(typed) == spoken


def test_the_shipped_model_is_whole() -> None:
    text = gzip.decompress((RECIPE / "spoken-requests.arpa.gz").read_bytes()).decode("ascii")
    head = dict(line[6:].split("=") for line in text.split("\n\n")[0].splitlines() if line.startswith("ngram "))
    n_lines = sum("\t" in line for line in text.splitlines())
    assert n_lines == sum(map(int, head.values()))
