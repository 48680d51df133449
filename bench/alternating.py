"""Three sessions that share a prefix of 1,000 tokens and take turns: how soon each turn's answer has begun and ended.

A session's own part grows from 50 to 200 tokens (what is asked, and the answers), then it begins anew. Contestants are
engines that keep different numbers of idle conversations in cells (`--cached`): the first, which keeps all of them, is
what the others are compared with; `auto` is the default. All answer the same turns, one after another; medians of the
ratios.
Run it on an otherwise idle machine.
"""

from __future__ import annotations

import random
import time
from contextlib import ExitStack

from claims import Claims, bench_arguments, engine_facts, median, median_ratio, model_of
from drawn_tokens import drawn_tokens, exactly
from electron_local.engine import Engine, EngineOptions

N_SESSIONS = 3
FIRST_OWN, LAST_OWN = 50, 200


def answer(engine: Engine, prompt: list[int], n_tokens: int) -> tuple[list[int], float, float]:
    """The tokens, milliseconds to the first one and milliseconds to the end."""
    begin = time.perf_counter()
    tokens: list[int] = []
    first_ms = 0.0
    for event in engine.submit(prompt, exactly(engine, n_tokens)):
        if event.token >= 0:
            first_ms = first_ms or 1000 * (time.perf_counter() - begin)
            tokens.append(event.token)
    return tokens, first_ms, 1000 * (time.perf_counter() - begin)


def main() -> None:
    parser = bench_arguments(__doc__)
    parser.add_argument("--prefix", type=int, default=1000)
    parser.add_argument("--new", type=int, default=20, help="tokens that are asked in a turn")
    parser.add_argument("--tokens", type=int, default=30, help="of an answer")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--sessions", type=int, default=N_SESSIONS)
    parser.add_argument("--cached", nargs="+", default=["4", "auto"])
    parser.add_argument("--threads", type=int, default=None)
    arguments = parser.parse_args()
    n_prefix, n_rounds = (200, 2) if arguments.quick else (arguments.prefix, arguments.rounds)
    model = model_of(arguments)
    rng = random.Random(1)
    first: dict[str, list[float]] = {name: [] for name in arguments.cached}
    whole: dict[str, list[float]] = {name: [] for name in arguments.cached}
    with ExitStack() as stack:
        engines: dict[str, Engine] = {}
        for name in arguments.cached:
            n_cached = None if name == "auto" else int(name)
            options = EngineOptions(n_ctx=2048, cache_tokens=4096, n_cached=n_cached, n_threads=arguments.threads)
            engines[name] = stack.enter_context(Engine(model, options=options))
        any_engine = engines[arguments.cached[0]]
        prefix = drawn_tokens(any_engine, n_prefix, rng)
        for engine in engines.values():
            engine.prefill(prefix, pin=True)
        own: list[list[int]] = [[] for _ in range(arguments.sessions)]
        for turn in range(n_rounds * arguments.sessions):
            session = turn % arguments.sessions
            begins = not own[session] or len(own[session]) + arguments.new + arguments.tokens > LAST_OWN
            asked = drawn_tokens(any_engine, FIRST_OWN - arguments.tokens if begins else arguments.new, rng)
            history = prefix + ([] if begins else own[session]) + asked
            for name, engine in engines.items():
                said, first_ms, whole_ms = answer(engine, history, arguments.tokens)
                if not begins:
                    first[name].append(first_ms)
                    whole[name].append(whole_ms)
            own[session] = history[n_prefix:] + said
        claims = Claims("alternating", model=model.name, sessions=arguments.sessions, settings=engine_facts(any_engine))
        caches = {name: engine.stats()["cache"] for name, engine in engines.items()}
        evaluated = {name: engine.stats()["evaluated_tokens"] for name, engine in engines.items()}
    for name in engines:
        claims.value(f"{name}: first token", median(first[name]), "ms")
        claims.value(f"{name}: whole turn", median(whole[name]), "ms")
        claims.value(f"{name}: tokens evaluated in all", evaluated[name])
        claims.value(f"{name}: conversations in cells at the end", caches[name]["leaves_live"])
        claims.value(f"{name}: moved out", caches[name]["moves_to_host"])
        claims.value(f"{name}: moved in", caches[name]["moves_from_host"])
    base = arguments.cached[0]
    for name in arguments.cached[1:]:
        claims.ratio(f"first token, {name} to {base}", median_ratio(first[name], first[base]), at_most=1.15)
        claims.ratio(f"whole turn, {name} to {base}", median_ratio(whole[name], whole[base]), at_most=1.05)
    claims.finish()


if __name__ == "__main__":
    main()
