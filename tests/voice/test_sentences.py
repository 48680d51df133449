"""Cutting a streaming reply into pieces to speak."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from electron_local.voice.sentences import SentenceSplitter


def split(text: str, chunk: int | None = None, **options: int) -> list[str]:
    splitter = SentenceSplitter(**options)
    size = chunk or max(len(text), 1)
    pieces = [piece for start in range(0, len(text), size) for piece in splitter.push(text[start : start + size])]
    return pieces + splitter.flush()


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("Hello", ["Hello"]),
        ("Hello. How are you?", ["Hello.", " How are you?"]),
        ("It is 21.5 degrees. Nice!", ["It is 21.5 degrees.", " Nice!"]),
        ("Dr. Lee and Mrs. Ray came. Good.", ["Dr. Lee and Mrs. Ray came.", " Good."]),
        ("At 5 p.m. we go, e.g. home. Yes.", ["At 5 p.m. we go,", " e.g. home.", " Yes."]),
        ("The U.S. team won. Fine.", ["The U.S. team won.", " Fine."]),
        ('He said "go." Then left.', ['He said "go."', " Then left."]),
        ("1. Milk 2. Bread", ["1. Milk 2.", " Bread"]),
        ("Wait... what?! No.", ["Wait...", " what?!", " No."]),
        ("First line\nsecond line", ["First line", "\nsecond line"]),
        ("你好。再见！", ["你好。", "再见！"]),
        ("Let me check that for you, one moment.", ["Let me check that for you,", " one moment."]),
        ("Well, yes.", ["Well, yes."]),
        ("It costs 1,000 euros today.", ["It costs 1,000 euros today."]),
        ("One. Let me check that for you, one moment.", ["One.", " Let me check that for you, one moment."]),
    ],
)
def test_pieces(text, pieces):
    assert split(text) == pieces


def test_a_sentence_comes_out_as_soon_as_it_ends():
    splitter = SentenceSplitter()
    assert splitter.push("Done.") == []
    assert splitter.push(" ") == ["Done."]


def test_the_early_first_clause_can_be_turned_off():
    text = "Let me check that for you, one moment."
    assert split(text, first_clause_chars=0) == [text]


def test_flush_starts_anew():
    splitter = SentenceSplitter()
    splitter.push("Let me check that for you, one")
    assert splitter.flush() == [" one"]
    assert splitter.push("Let me check that for you, two") == ["Let me check that for you,"]


def test_endless_text_is_cut():
    pieces = split("word " * 10_000)
    assert "".join(pieces) == "word " * 10_000
    assert max(map(len, pieces)) <= 240
    assert max(map(len, split("x" * 50_000))) <= 248


@given(st.text(alphabet="ab1 .,!?\n\"')。Dr—;", max_size=600), st.integers(1, 40))
def test_pieces_join_to_the_text_and_do_not_depend_on_the_chunks(text, chunk):
    whole = split(text, max_chars=60)
    assert "".join(whole) == text
    assert all(whole)
    assert split(text, chunk, max_chars=60) == whole
