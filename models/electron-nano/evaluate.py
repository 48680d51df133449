"""Measure a GGUF on requests that training never saw: tools, arguments, narration, talk, facts, filler."""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from llama_cpp import Llama

from data import held_out, mixture, requests
from data.conversation import TOOL_BY_NAME
from data.known_tools import DOMAINS, INSTRUCTIONS, TOOLS
from data.mixture import People
from data.requests import Style
from data.wording import normal
from rendering import render

Json = dict[str, Any]
_CALL = re.compile(r"<tool_call>\n(.*?)\n</tool_call>", re.S)


class Speaker:
    """Greedy answers of a GGUF through llama.cpp."""

    def __init__(self, path: Path, threads: int) -> None:
        self.llama = Llama(str(path), n_ctx=2048, n_threads=threads, n_threads_batch=threads, verbose=False)
        self.seconds, self.n_tokens = 0.0, 0

    def answer(self, messages: list[Json], tools: list[Json] | None) -> str:
        prompt = self.llama.tokenize(render(messages, tools, generate=True).encode(), add_bos=False, special=True)
        out: list[int] = []
        began = 0.0
        for token in self.llama.generate(prompt, temp=0.0, repeat_penalty=1.0):
            began = began or time.perf_counter()
            if token == self.llama.token_eos() or len(out) == 120:
                break
            out.append(token)
        self.seconds += time.perf_counter() - began
        self.n_tokens += len(out)
        return self.llama.detokenize(out, special=True).decode(errors="replace")


def calls(text: str) -> list[tuple[str, Json]]:
    """The tool calls of an answer; a malformed one has the name "malformed"."""
    found = []
    for body in _CALL.findall(text):
        try:
            call = json.loads(body)
            found.append((str(call["name"]), dict(call["arguments"])))
        except (ValueError, KeyError, TypeError):
            found.append(("malformed", {}))
    return found if found or "<tool_call>" not in text else [("malformed", {})]


def _folded(args: Json) -> Json:
    return {k: normal(v) if isinstance(v, str) else v for k, v in args.items()}


@dataclass
class Score:
    """Right answers by row, and the failures by kind."""

    rows: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    failures: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, row: str, right: bool, kind: str = "", shown: str = "") -> None:
        self.rows[row].append(right)
        if not right and kind:
            self.failures[kind].append(shown)

    def add_call(self, row: str, said: str, got: str, tool: str, args: Json) -> None:
        """Judge one call: one right tool, then every argument equal (letter case aside)."""
        found = calls(got)
        right = [name for name, _ in found] == [tool]
        self.add(f"{row}: right tool", right, f"{row}: tool", f"{said!r} -> {got!r}, not {tool}")
        exact = right and _folded(found[0][1]) == _folded(args)
        self.add(
            f"{row}: exact arguments", exact, f"{row}: arguments" if right else "", f"{said!r} -> {got!r}, not {args}"
        )

    def show(self, n_failures: int) -> None:
        for row, marks in self.rows.items():
            print(f"{row:52} {100 * sum(marks) / len(marks):6.1f} %  of {len(marks)}")
        for kind, shown in self.failures.items():
            print(f"\n{kind} ({len(shown)})")
            print("\n".join(f"  {line}" for line in shown[:n_failures]))


def _demo(said: str) -> list[Json]:
    return [{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": said}]


def demo_sentences(speaker: Speaker, score: Score, _: int) -> None:
    """The demo's own requests, word for word."""
    for said, tool, args in held_out.SENTENCES:
        score.add_call("demo sentences", said, speaker.answer(_demo(said), TOOLS), tool, args)


def known_tools(speaker: Speaker, score: Score, each: int) -> None:
    """Held-out wordings, all the demo's tools: as heard, with recogniser errors, as typed; then the narration."""
    styles = {"heard": Style(True, 0.0), "misheard": Style(True, 1.0), "typed": Style(False)}
    for kind, style in styles.items():
        for tool, domain in DOMAINS.items():
            rng = Random(f"{kind} {tool}")
            for _ in range(each if kind == "heard" else each // 3):
                request = requests.test(tool, style, rng)
                messages = _demo(request.text)
                score.add_call(
                    f"known tools, {kind}", request.text, speaker.answer(messages, TOOLS), tool, request.args
                )
                if kind == "heard":
                    score.rows[f"  {tool}: exact"].append(score.rows[f"known tools, {kind}: exact arguments"][-1])
                result = domain.result(request.args, rng)
                call = {"function": {"name": tool, "arguments": request.args}}
                messages += [{"role": "assistant", "content": "", "tool_calls": [call]}]
                messages += [{"role": "tool", "content": json.dumps(result)}]
                told = speaker.answer(messages, TOOLS)
                values = [str(v) for v in result.values() if v not in ("ok", "calling", "open", "close")]
                right = all(v.lower() in told.lower() for v in values) and "<tool_call>" not in told
                score.add("narration holds the values", right, "narration", f"{result} -> {told!r}")


def talk(speaker: Speaker, score: Score, _: int) -> None:
    """Small talk, and what no tool does: no call, and the word that belongs there."""
    for said, word in held_out.TALK:
        got = speaker.answer(_demo(said), TOOLS)
        score.add("talk and refusals: no call", not calls(got), "call without need", f"{said!r} -> {got!r}")
        score.add("talk and refusals: fitting", word in got.lower(), "talk", f"{said!r} -> {got!r}")


def absent_tools(speaker: Speaker, score: Score, each: int) -> None:
    """A request whose tool is not offered."""
    rng = Random("absent")
    for tool in DOMAINS:
        for _ in range(max(1, each // 4)):
            offered = rng.sample([t for t in DOMAINS if t != tool], 3)
            request = requests.test(tool, Style(True, 0.0), rng)
            got = speaker.answer(_demo(request.text), [TOOL_BY_NAME[t] for t in offered])
            score.add(
                "tool not offered: no call", not calls(got), "call of what is not asked", f"{request.text!r} -> {got!r}"
            )


def people(speaker: Speaker, score: Score, each: int, text: Path | None) -> None:
    """Requests in people's own words, from the part that training never sees; as heard and as typed."""
    rng = Random("people")
    for tool, pool in requests.worded(text, test=True).items():
        for i, request in enumerate(rng.sample(pool, min(each * 2, len(pool)))):
            said = requests.in_style(request, Style(i % 2 == 0))
            score.add_call("people's words", said.text, speaker.answer(_demo(said.text), TOOLS), tool, said.args)


def generated(speaker: Speaker, score: Score, each: int) -> None:
    """Unseen dialogues of the generator (its wordings, new random tools, facts and personas), reply by reply."""
    rng = Random("generated, never a training seed")
    for _ in range(each * 8):
        dialogue = mixture.dialogue(rng, 1, People([], {}))
        wants_filler = "before" in (dialogue.messages[0].get("content") or "").lower()
        for i, message in enumerate(dialogue.messages):
            if message["role"] != "assistant":
                continue
            before = dialogue.messages[i - 1]
            expected = render(dialogue.messages[: i + 1], dialogue.tools)
            start = render(dialogue.messages[:i], dialogue.tools, generate=True)
            want = expected[len(start) :].removesuffix("<|im_end|>\n").removesuffix("<|im_end|>")
            got = speaker.answer(dialogue.messages[:i], dialogue.tools)
            shown = f"{before['content']!r} -> {got!r}, not {want!r}"
            if message.get("tool_calls"):
                right = calls(got) == calls(want)
                known = all(c["function"]["name"] in TOOL_BY_NAME for c in message["tool_calls"])
                row = "generated: known tool" if known else "generated: renamed or invented tool"
                names = [name for name, _ in calls(got)] == [name for name, _ in calls(want)]
                score.add(f"{row}, right tool", names)
                score.add(f"{row}, exact", right, row, shown)
                filler = bool(got.split("<tool_call>")[0].strip())
                score.add("generated: filler exactly when asked", filler == wants_filler, "filler", shown)
            elif before["role"] == "tool":
                score.add("generated: result told", got == want, "result told", shown)
            else:
                score.add("generated: talk, facts, questions", got == want, "talk, facts, questions", shown)


def check_disjoint(count: int) -> None:
    """Fail if a held-out request occurs among `count` training dialogues."""
    rng = Random("check")
    kept = {normal(said) for said, _, _ in held_out.SENTENCES} | {normal(said) for said, _ in held_out.TALK}
    for tool in DOMAINS:
        kept |= {normal(requests.test(tool, Style(True, 0.0), rng).text) for _ in range(500)}
    said = Counter(
        normal(message["content"])
        for dialogue in mixture.dialogues(seed=1001, count=count)
        for message in dialogue.messages
        if message["role"] == "user"
    )
    shared = kept & set(said)
    if shared:
        raise SystemExit(f"{len(shared)} held-out requests are in the training data: {sorted(shared)[:5]}")
    print(f"none of {len(kept)} held-out requests among {sum(said.values())} training requests")


def main() -> None:
    parts: dict[str, Callable[[Speaker, Score, int], None]] = {
        f.__name__: f for f in (demo_sentences, known_tools, talk, absent_tools, generated)
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--each", type=int, default=24, help="held-out requests for each tool")
    parser.add_argument("--part", choices=[*parts, "people"], action="append")
    parser.add_argument("--text", type=Path, help="folder of public dialogue text, see README.md")
    parser.add_argument("--failures", type=int, default=8, help="shown of each kind")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    check_disjoint(3000)
    speaker, score = Speaker(args.model, args.threads), Score()
    parts["people"] = lambda speaker, score, each: people(speaker, score, each, args.text)
    for name, part in parts.items():
        if not args.part or name in args.part:
            part(speaker, score, args.each)
    score.show(args.failures)
    speed = speaker.n_tokens / speaker.seconds
    print(f"\ndecode {speed:.0f} tokens/s over {speaker.n_tokens} tokens, {args.threads} threads")


if __name__ == "__main__":
    main()
