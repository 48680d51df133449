"""What guessing ahead from the text so far wins where the answer copies, and what it costs where it does not.

The same engine twice, with `speculation` auto and off, in turns. Copying: a model that says its prompt again. Not
copying: a model with random weights at temperature 1, so that no guess is ever right. Medians of the ratios of
neighbours. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from claims import Claims, bench_arguments, engine_facts, median, median_ratio
from electron_local.engine import Engine, EngineOptions, SamplingParams
from full_size_models import resolve_model


def rate(engine: Engine, prompt: list[int], temperature: float, n_tokens: int, seed: int) -> tuple[float, list[int]]:
    """Tokens per second from the first token on, and the tokens."""
    eog = dict.fromkeys(engine.model.end_of_generation, -100.0)
    params = SamplingParams(temperature=temperature, max_tokens=n_tokens, logit_bias=eog, seed=seed)
    events = iter(engine.submit(prompt, params))
    tokens = [next(events).token]
    begin = time.perf_counter()
    tokens += [event.token for event in events if event.token >= 0]
    return (len(tokens) - 1) / (time.perf_counter() - begin), tokens


@dataclass
class Comparison:
    """Tokens per second with and without guesses, run by run, and what became of the guesses."""

    auto: list[float] = field(default_factory=list)
    off: list[float] = field(default_factory=list)
    n_same: int = 0
    n_runs: int = 0
    n_guessed: int = 0
    n_right: int = 0
    settings: dict[str, Any] = field(default_factory=dict)

    def tell(self, claims: Claims, name: str, aim: float) -> None:
        claims.value(f"{name}: with guesses", median(self.auto), "tokens/s")
        claims.value(f"{name}: without", median(self.off), "tokens/s")
        claims.value(f"{name}: guessed tokens", self.n_guessed)
        claims.value(f"{name}: of these right", self.n_right)
        claims.value(f"{name}: equal answers, of {self.n_runs}", self.n_same)
        claims.ratio(f"{name}: with guesses to without", median_ratio(self.auto, self.off), at_least=aim)


def compare(
    model: Path, prompts: list[list[int]], temperature: float, n_tokens: int, draft_model: Path | None = None
) -> Comparison:
    """One run a prompt; the first warms up. `draft_model` guesses too."""
    out = Comparison(n_runs=len(prompts))
    n_ctx = max(map(len, prompts)) + n_tokens + 8
    with (
        Engine(model, options=EngineOptions(n_ctx=n_ctx, draft_model=draft_model)) as auto,
        Engine(model, options=EngineOptions(n_ctx=n_ctx, speculation="off")) as off,
    ):
        for run, prompt in enumerate(prompts):
            engines = (auto, off) if run % 2 else (off, auto)  # who goes first would be up to three percent slower
            rates = {engine: rate(engine, prompt, temperature, n_tokens, run) for engine in engines}
            (guessed, tokens), (plain, expected) = rates[auto], rates[off]
            out.n_same += tokens == expected
            if run:
                out.auto.append(guessed)
                out.off.append(plain)
        stats = auto.stats()
        out.n_guessed, out.n_right = stats["drafted_tokens"], stats["accepted_tokens"]
        out.settings = engine_facts(auto)
    return out


def main() -> None:
    parser = bench_arguments(__doc__)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--runs", type=int, default=9)
    arguments = parser.parse_args()
    n_runs, n_tokens = (2, 24) if arguments.quick else (arguments.runs, arguments.tokens)
    model, copying = resolve_model(arguments.model or "smollm2-135m"), resolve_model("smollm2-135m-copying")
    rng = random.Random(1)
    cycles = [[256 * n + i for i in range(256)] for n in rng.sample(range(4, 100), n_runs + 1)]
    texts = [[rng.randrange(300, 4000) for _ in range(256)] for _ in range(n_runs + 1)]
    copied = compare(copying, cycles, 0.0, n_tokens)
    drawn = compare(model, texts, 1.0, n_tokens)
    claims = Claims("prompt_lookup", model=model.name, copying=copying.name, tokens=n_tokens, settings=copied.settings)
    copied.tell(claims, "copying", 1.5)
    drawn.tell(claims, "not copying", 0.97)
    claims.finish()


if __name__ == "__main__":
    main()
