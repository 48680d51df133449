"""What a grammar costs and saves: tokens a second with and without one, and decode steps of tool calls.

The same model writes freely and under a JSON grammar; runs alternate, medians. Made models have no sense of JSON, so
that almost every token is refused at first and the full mask is computed: the dearest case. Then the bundled model
calls the demo's tools; where log-probabilities are asked for, forced tokens take a decode step each, and else they
ride along: the answers must be the same, the steps fewer. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import random
import time
from typing import Any

from claims import Claims, bench_arguments, engine_facts, median, median_ratio, model_of
from drawn_tokens import drawn_tokens, exactly
from electron_local import Electron
from electron_local.demo.agent import INSTRUCTIONS, TOOLS
from electron_local.engine import Engine, EngineOptions
from electron_local.grammar import Constraint, Grammar

TEXT = '{"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}'
REQUESTS = (
    "set a timer for five minutes",
    "turn off the lights in the kitchen",
    "set the temperature to twenty two degrees",
    "what is the weather in berlin tomorrow",
    "i would like two large coffees with oat milk",
    "play some jazz",
    "cancel my order",
    "remind me to call my mother at six",
)


def tokens_per_s(engine: Engine, prompt: list[int], n_tokens: int, constraint: Constraint | None) -> float:
    events = iter(engine.submit(prompt, exactly(engine, n_tokens), constraint=constraint))
    next(events)
    begin = time.perf_counter()
    n = sum(1 for event in events if event.token >= 0)
    return n / (time.perf_counter() - begin)


def tool_calls(client: Electron, *, one_by_one: bool) -> tuple[list[Any], int, int]:
    """The calls, the tokens written and the decode steps taken, all requests together."""
    before = client.stats()
    calls = []
    for request in REQUESTS:
        answer = client.chat.completions.create(
            model="electron",
            messages=[{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": request}],
            tools=TOOLS,
            tool_choice="required",
            temperature=0,
            logprobs=one_by_one,
        )
        calls.append([(call.function.name, call.function.arguments) for call in answer.choices[0].message.tool_calls])
    after = client.stats()
    n_tokens = after["completion_tokens"] - before["completion_tokens"]
    return calls, n_tokens, after["batches"] - before["batches"]


def main() -> None:
    parser = bench_arguments(__doc__)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--threads", type=int, default=None)
    arguments = parser.parse_args()
    n_tokens, n_runs = (16, 2) if arguments.quick else (arguments.tokens, arguments.runs)
    model = model_of(arguments)
    rng = random.Random(1)
    constraint = Constraint(Grammar("json_schema", TEXT))
    free: list[float] = []
    held: list[float] = []
    with Engine(model, options=EngineOptions(n_ctx=1024, n_threads=arguments.threads)) as engine:
        for run in range(n_runs + 1):
            prompt = drawn_tokens(engine, 64, rng)
            rates = [tokens_per_s(engine, prompt, n_tokens, each) for each in (None, constraint)]
            if run:
                free.append(rates[0])
                held.append(rates[1])
        claims = Claims("grammar", model=model.name, tokens=n_tokens, settings=engine_facts(engine))
    with Electron() as client:
        tool_calls(client, one_by_one=False)  # the prompts are in the cache now
        single, n_single_tokens, n_single = tool_calls(client, one_by_one=True)
        forced, n_forced_tokens, n_forced = tool_calls(client, one_by_one=False)
    assert single == forced, "the calls differ with forced tokens"
    claims.value("without a grammar", median(free), "tokens/s")
    claims.value("with one", median(held), "tokens/s")
    claims.ratio("with to without", median_ratio(held, free), at_least=0.9)
    claims.value("bundled model's calls, one token a step", n_single, "steps")
    claims.value("with forced tokens riding along", n_forced, "steps")
    claims.value("tokens of the calls", n_single_tokens)
    claims.value("the same with forced tokens", n_forced_tokens)
    claims.ratio("steps saved", 1 - n_forced / n_single, at_least=0.15)
    claims.finish()


if __name__ == "__main__":
    main()
