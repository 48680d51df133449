"""Unseen dialogues of the generator: its wordings, new random tools, personas, reply by reply."""

from __future__ import annotations

from random import Random

from data import mixture
from data.aliases import TOOL_BY_NAME
from data.mixture import People

from .score import Score
from .speaker import Speaker, answer_of


def generated(speaker: Speaker, score: Score, each: int) -> None:
    """Every reply of the assistant, the true history before it."""
    rng = Random("generated, never a training seed")
    for _ in range(each * 3):
        dialogue = mixture.dialogue(rng, 1, People([], {}, []))
        for i, message in enumerate(dialogue.messages):
            if message["role"] != "assistant" or not i:
                continue
            before, want = dialogue.messages[i - 1], answer_of(message)
            got = speaker.answer(dialogue.messages[:i], dialogue.tools)
            shown = f"{before['content']!r} -> {got}, not {want}"
            if want.calls:
                known = all(name in TOOL_BY_NAME for name, _ in want.calls)
                row = "generated: known tool" if known else "generated: renamed or invented tool"
                names = [name for name, _ in got.calls] == [name for name, _ in want.calls]
                score.add(f"{row}, right tool", names)
                score.add(f"{row}, exact", got.calls == want.calls, shown)
            else:
                kind = "result told" if before["role"] == "tool" else "talk, facts, questions"
                score.add(f"generated: {kind}", got == want, shown)
