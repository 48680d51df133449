"""Prompts tokenised part by part: the tokens are those of the whole text, whatever the special tokens are."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from electron_local.chat.control_tokens import BREAK
from electron_local.chat.prompt_tokens import PromptTokens, find_borders

ALPHABET = "<|>a \n"
SPECIAL = st.lists(st.text(ALPHABET, min_size=1, max_size=5), max_size=6, unique=True)
TEXTS = st.lists(st.text(ALPHABET, max_size=12), max_size=6)


class ToyTokenizer:
    """As libllama's: special tokens first, the longest first; then what lies between, whose neighbours join."""

    def __init__(self, special, left=(), right=()):
        self.special = sorted(special, key=len, reverse=True)
        self.left, self.right = left, right
        self.calls = []
        self.ids = {}

    def __call__(self, text):
        self.calls.append(text)
        fragments = [(False, text)]
        for token in self.special:
            fragments = [each for fragment in fragments for each in self._split(*fragment, token)]
        tokens = [each for fragment in fragments for each in self._tokens(*fragment)]
        return [self.ids.setdefault(token, len(self.ids)) for token in tokens]

    def _split(self, is_token, text, token):
        if is_token or token not in text:
            return [(is_token, text)] if text else []
        before, after = text.split(token, 1)
        before = before.rstrip() if token in self.left else before
        after = after.lstrip() if token in self.right else after
        return [*([(False, before)] if before else []), (True, token), *self._split(False, after, token)]

    def _tokens(self, is_token, text):
        if is_token:
            return [("special", text)]
        return [("text", a + b) for a, b in pairwise(text + "$")]  # each token depends on what follows it


@given(special=SPECIAL, marks=st.sets(st.integers(0, 9)), texts=TEXTS, order=st.randoms())
@example(special=["<|a|>", "|><"], marks=set(), texts=["<|a|><|a|>a"], order=None)
@example(special=["<|", "<|a"], marks={1}, texts=["a <|a <|"], order=None)
def test_parts_give_the_tokens_of_the_whole(special, marks, texts, order):
    left = {token for i, token in enumerate(special) if i in marks}
    right = {token for i, token in enumerate(special) if i + 4 in marks}
    tokenize = ToyTokenizer(special, left, right)
    parts = PromptTokens(tokenize, find_borders(special, special, left), max_chars=20)
    for text in ["".join(order.sample(special, len(special)) if order else special), *texts, *texts]:
        whole = text + "".join(special) + text
        assert parts.of(whole) == tokenize(whole)


def test_only_what_is_new_is_tokenised():
    tokenize = ToyTokenizer(["<s>"])
    parts = PromptTokens(tokenize, ["<s>"])
    first = parts.of("<s>one<s>two<s>")
    assert tokenize.calls == ["<s>one", "<s>two", "<s>"]
    assert parts.of("<s>one<s>two<s>three")[: len(first)] == first
    assert tokenize.calls[3:] == ["<s>three"]


def test_what_is_kept_has_a_limit():
    tokenize = ToyTokenizer(["<s>"])
    parts = PromptTokens(tokenize, ["<s>"], max_chars=12)
    for text in ("<s>one", "<s>two", "<s>six", "<s>one"):
        parts.of(text)
    assert tokenize.calls == ["<s>one", "<s>two", "<s>six", "<s>one"]


def test_short_parts_have_a_limit_too():
    tokenize = ToyTokenizer(["<s>"])
    parts = PromptTokens(tokenize, ["<s>"])
    for i in range(1001):
        parts.of(f"<s>{i}")
    parts.of("<s>1000")
    assert len(tokenize.calls) == 1001
    parts.of("<s>0")
    assert len(tokenize.calls) == 1002


def test_a_break_keeps_a_token_from_forming():
    tokenize = ToyTokenizer(["<s>"])
    PromptTokens(tokenize, ["<s>"]).of(f"<{BREAK}s>")
    assert ("special", "<s>") not in tokenize.ids


def test_overlapping_tokens_are_no_borders():
    assert find_borders(["<a>"], ["<a>", "a"]) == ("<a>",)
    for other in ("x<", ">x", "<a>x", "x<a>"):
        assert find_borders(["<a>"], ["<a>", other]) == ()
    assert find_borders(["<a>"], ["<a>"], ["<a>"]) == ()
    assert find_borders([" <a>", "a"], [" <a>", "a"]) == ()
    assert find_borders(["<><"], ["<><"]) == ()
