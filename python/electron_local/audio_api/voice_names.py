"""Voices that OpenAI's API names, as voices of PROTOCOL §2 with a similar register."""

from __future__ import annotations

from collections.abc import Collection

OPENAI_VOICES = {
    "alloy": "quinn", "ash": "reed", "ballad": "ellis", "cedar": "sterling", "coral": "zoe", "echo": "alex",
    "fable": "lane", "marin": "wren", "nova": "maya", "onyx": "knox", "sage": "grace", "shimmer": "aria",
    "verse": "tate",
}  # fmt: skip


def find_voice(voice: str | None, known: Collection[str]) -> str | None:
    """`voice`, or its like among `known`; as it is where there is none.

    >>> find_voice("alloy", ["quinn"]), find_voice("alloy", ["alloy"]), find_voice("bob", ["quinn"])
    ('quinn', 'alloy', 'bob')
    """
    if voice is None or voice in known:
        return voice
    like = OPENAI_VOICES.get(voice)
    return like if like in known else voice
