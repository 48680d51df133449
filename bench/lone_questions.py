"""What it costs to ask about each way of an answer alone: to the second token of an answer that may go several ways.

Each question is a tool (or a sentence) that was asked about before, with a new message of the user behind it, as in a
conversation; the first time, with nothing of it in the cache; and no questions at all. Drawn tokens, greedy; the
contestants alternate. Medians. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

from claims import Claims, bench_arguments, engine_facts, median, model_of
from drawn_tokens import drawn_tokens, exactly
from electron_local.alternatives import Alternatives, Way
from electron_local.engine import Engine, EngineOptions

ALWAYS_IN_DOUBT = 2.0


def second_token_ms(engine: Engine, prompt: list[int], ways: Sequence[Alternatives]) -> float:
    """From `submit` to the second token, before which the questions are asked."""
    begin = time.perf_counter()
    generation = engine.submit(prompt, exactly(engine, 2), alternatives=ways)
    list(generation)
    return 1000 * (time.perf_counter() - begin)


def first_token(engine: Engine, prompt: list[int]) -> int:
    return next(event.token for event in engine.submit(prompt, exactly(engine, 1)))


def about(engine: Engine, first: int, tools: list[list[int]], message: list[int]) -> list[Alternatives]:
    """One way for each tool, behind the answer's first token."""
    names = range(100, 100 + len(tools))
    ways = [Way([first, name], [*tool, *message]) for name, tool in zip(names, tools, strict=True)]
    return [Alternatives(ways, asked=first, doubt=ALWAYS_IN_DOUBT)]


def main() -> None:
    parser = bench_arguments(__doc__)
    parser.add_argument("--ways", type=int, nargs="+", default=[2, 8, 24])
    parser.add_argument("--tool-tokens", type=int, default=80, help="of each question, before the user's message")
    parser.add_argument("--message-tokens", type=int, default=20)
    parser.add_argument("--runs", type=int, default=31)
    arguments = parser.parse_args()
    n_runs = 3 if arguments.quick else arguments.runs
    model = model_of(arguments)
    rng = random.Random(3)
    with Engine(model, options=EngineOptions(n_ctx=4096)) as engine:
        claims = Claims(
            "lone_questions", model=model.name, tool_tokens=arguments.tool_tokens,
            message_tokens=arguments.message_tokens, settings=engine_facts(engine),
        )  # fmt: skip
        prefix = drawn_tokens(engine, 800, rng)
        engine.prefill(prefix)
        for n_ways in arguments.ways:
            plain: list[float] = []
            known: list[float] = []
            new: list[float] = []
            tools = [drawn_tokens(engine, arguments.tool_tokens, rng) for _ in range(n_ways)]
            for run in range(n_runs + 1):
                times = [
                    _asked_ms(engine, prefix, [], arguments.message_tokens, rng),
                    _asked_ms(engine, prefix, tools, arguments.message_tokens, rng),
                    _asked_ms(
                        engine, prefix, [drawn_tokens(engine, arguments.tool_tokens, rng) for _ in tools],
                        arguments.message_tokens, rng,
                    ),
                ]  # fmt: skip
                if run:
                    for times_of, ms in zip((plain, known, new), times, strict=True):
                        times_of.append(ms)
            claims.value(f"{n_ways} ways: without questions", median(plain), "ms")
            claims.value(f"{n_ways} ways: asked about before, longer by", median(known) - median(plain), "ms")
            claims.value(f"{n_ways} ways: the first time, longer by", median(new) - median(plain), "ms")
    claims.finish()


def _asked_ms(engine: Engine, prefix: list[int], tools: list[list[int]], n_message: int, rng: random.Random) -> float:
    """A new message behind the prefix, and behind each of `tools` where there are any."""
    message = drawn_tokens(engine, n_message, rng)
    first = first_token(engine, [*prefix, *message])
    before = engine.stats()["questions"]
    ms = second_token_ms(engine, [*prefix, *message], about(engine, first, tools, message) if tools else [])
    asked = engine.stats()["questions"] - before
    assert asked == len(tools), f"{asked} questions were asked, not {len(tools)}"
    return ms


if __name__ == "__main__":
    main()
