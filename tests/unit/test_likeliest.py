"""The search for the likeliest text, over an engine that knows what it likes."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from electron_local.chat.last_words import LastWords
from electron_local.chat.likeliest import Likeliest, LikeliestFinder
from electron_local.errors import InvalidArgumentError

END, HEAD = 300, "user: "
FAVOURITE = "play some jazz"


class LikingEngine:
    """A token is a byte; the next one of `favourite` costs 0.1, any other one 6, and an end elsewhere is unlikely."""

    def __init__(self, favourite: str = FAVOURITE) -> None:
        self.prompts: list[tuple[int, ...]] = []
        self._liked = (*(HEAD + favourite).encode(), END)

    def submit(self, prompt, params, *, priority=0):
        self.prompts.append(tuple(prompt))
        ((token, bias),) = params.logit_bias.items()
        n = len(prompt)
        liked = self._liked[n] if self._liked[:n] == tuple(prompt) and n < len(self._liked) else None
        drawn = 0 if bias < 0 else token
        top = [(liked, -0.1)] if liked is not None else [(1, -4.0)]
        yield SimpleNamespace(token=drawn, logprobs=SimpleNamespace(logprob=-0.1 if drawn == liked else -6.0, top=top))


class Words:
    def __init__(self, end: int | None = END) -> None:
        self._end = end

    def find(self, messages, tools=()):
        return None if self._end is None else LastWords(HEAD, messages[-1]["content"], self._end)


def find(texts, priors=None, *, engine=None, n_most=500, words=None):
    finder = LikeliestFinder(engine or LikingEngine(), words or Words(), lambda text: list(text.encode()))
    messages = [{"role": "user", "content": texts[0] if texts else ""}]
    return finder.find(messages, (), texts, [0.0] * len(texts) if priors is None else priors, n_most)


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_the_text_that_the_model_likes_wins_wherever_it_stands(place):
    texts = ["pray some chess", "play sum jazz", "play some jazz now"]
    texts.insert(place, FAVOURITE)
    assert find(texts).index == place


def test_priors_decide_between_texts_that_the_model_does_not_know():
    texts = ["black", "block", "blick"]
    assert find(texts, [0.0, -3.0, 2.0]).index == 2
    assert find(texts, [0.0, -3.0, -2.0]).index == 0


def test_a_prior_outweighs_the_model_when_it_is_large():
    assert find(["play some jizz", FAVOURITE], [0.0, -5.0]).index == 1
    assert find(["play some jizz", FAVOURITE], [0.0, -50.0]).index == 0


def test_the_first_text_stays_where_the_evaluations_do_not_suffice():
    texts = ["pray some chess", FAVOURITE]
    assert find(texts, n_most=0) == Likeliest(0, 0)
    assert find(texts, n_most=17) == Likeliest(0, 17)
    assert find(texts).index == 1


def test_what_all_texts_share_is_not_evaluated_and_nothing_twice():
    engine = LikingEngine()
    found = find(["play some just", FAVOURITE], engine=engine)
    assert len(engine.prompts) == len(set(engine.prompts)) == found.n_evaluated
    assert min(map(len, engine.prompts)) == len(HEAD + "play some j")


def test_an_unlikely_text_is_not_read_to_its_end():
    engine = LikingEngine()
    find([FAVOURITE, "a text that begins otherwise and is very long"], engine=engine)
    assert max(map(len, engine.prompts)) == len(HEAD + FAVOURITE)


def test_one_text_needs_no_model():
    assert find([FAVOURITE]) == Likeliest(0, 0)
    assert find([FAVOURITE, FAVOURITE]) == Likeliest(0, 0)


def test_none_without_a_token_for_the_end():
    assert find([FAVOURITE, "other"], words=Words(None)) is None


@pytest.mark.parametrize(
    ("texts", "priors", "message"),
    [
        ([], [], "got 0 texts and 0 priors"),
        (["a", "b"], [0.0], "got 2 texts and 1 priors"),
        (["a", " "], [0.0, 0.0], "must not be blank"),
    ],
)
def test_texts_and_priors_must_fit(texts, priors, message):
    with pytest.raises(InvalidArgumentError, match=message):
        find(texts, priors)
