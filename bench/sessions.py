"""Eight sessions that share a prefix of 1,000 tokens: its one evaluation, their tokens a second, their cells.

All begin at once with nothing cached: the decoder's counter must say that the prefix was evaluated once. Then they
begin again with new words behind the known prefix, beside one session alone, ours and a bare libllama loop's under the
better of its two ways of attention; runs alternate, medians. With `--llama-server PATH` llama.cpp's server answers the
same prompts with as many slots and threads and a unified cache. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import random
import time
from contextlib import ExitStack
from pathlib import Path

from bare_llama import BareLlama
from claims import Claims, bench_arguments, engine_facts, median, model_of
from drawn_tokens import drawn_tokens, exactly
from electron_local.engine import Engine, EngineOptions
from fixed_choice import FixedChoice
from llama_server import LlamaServer

N_SESSIONS = 8


def answer_all(engine: Engine, prompts: list[list[int]], n_tokens: int) -> tuple[float, int]:
    """Tokens a second of all answers, first tokens included, and the most cells in use meanwhile."""
    begin = time.perf_counter()
    generations = [engine.submit(prompt, exactly(engine, n_tokens)) for prompt in prompts]
    n_cells = 0
    while any(generation.finish_reason is None for generation in generations):
        time.sleep(0.01)
        n_cells = max(n_cells, engine.stats()["cache"]["cells_used"])
    elapsed_s = time.perf_counter() - begin
    n_answered = sum(generation.wait().completion_tokens for generation in generations)
    assert n_answered == len(prompts) * n_tokens, f"{n_answered} tokens were answered"
    return n_answered / elapsed_s, n_cells


def bare_loops(stack: ExitStack, engine: Engine, model: Path, n_ctx: int) -> list[BareLlama]:
    """libllama alone under the engine's threads, without flash attention and with it."""
    n_threads = engine.settings.n_threads_batch
    ways = [FixedChoice(f"flash attention {flash}", n_threads, flash) for flash in (False, True)]
    return [stack.enter_context(way.start(model, n_ctx)) for way in ways]


def arguments_of_the_bench() -> argparse.Namespace:
    parser = bench_arguments(__doc__)
    parser.add_argument("--prefix", type=int, default=1000)
    parser.add_argument("--own", type=int, default=16, help="tokens of a session behind the prefix")
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--llama-server", type=Path, default=None, help="the program, as a peer")
    return parser.parse_args()


def main() -> None:
    arguments = arguments_of_the_bench()
    n_prefix, n_tokens, n_runs = arguments.prefix, arguments.tokens, arguments.runs
    if arguments.quick:
        n_prefix, n_tokens, n_runs = 200, 16, 1
    n_own = arguments.own
    model = model_of(arguments)
    n_ctx = n_prefix + n_own + n_tokens
    n_together = n_prefix + N_SESSIONS * (n_own + n_tokens)
    options = EngineOptions(
        n_ctx=n_ctx, cache_tokens=2 * n_together, n_parallel=N_SESSIONS, n_threads=arguments.threads
    )
    rng = random.Random(1)
    one: list[float] = []
    together: list[float] = []
    peer: list[float] = []
    with ExitStack() as stack:
        engine = stack.enter_context(Engine(model, options=options))
        loops = bare_loops(stack, engine, model, n_ctx)
        bare: list[list[float]] = [[] for _ in loops]
        prefix = drawn_tokens(engine, n_prefix, rng)

        def prompts(n: int) -> list[list[int]]:
            return [prefix + drawn_tokens(engine, n_own, rng) for _ in range(n)]

        _, n_cells = answer_all(engine, prompts(N_SESSIONS), n_tokens)
        stats = engine.stats()
        n_refused = stats["drafted_tokens"] - stats["accepted_tokens"]  # evaluated too, and of no answer
        n_evaluated = stats["evaluated_tokens"] - n_refused - N_SESSIONS * (n_own + n_tokens - 1)
        server = None
        if arguments.llama_server is not None:
            server = LlamaServer(arguments.llama_server, model, 2 * n_together, N_SESSIONS, engine.settings)
            server.tokens_per_s(prompts(1), 1)
        for _ in range(n_runs):
            one.append(answer_all(engine, prompts(1), n_tokens)[0])
            together.append(answer_all(engine, prompts(N_SESSIONS), n_tokens)[0])
            for loop, rates in zip(loops, bare, strict=True):
                rates.append(loop.tokens_per_s(prompts(1)[0], n_tokens, n_kept=n_prefix if rates else 0))
            if server is not None:
                peer.append(server.tokens_per_s(prompts(N_SESSIONS), n_tokens))
        if server is not None:
            server.close()
        facts = {"model": model.name, "prefix": n_prefix, "own": n_own, "tokens": n_tokens}
        claims = Claims("sessions", **facts, settings=engine_facts(engine))
    claims.value("one stream", median(one), "tokens/s")
    claims.value("one stream of a bare libllama loop", max(median(rates) for rates in bare), "tokens/s")
    claims.value(f"{N_SESSIONS} sessions together", median(together), "tokens/s")
    claims.ratio("tokens evaluated of the prefix, to its length", n_evaluated / n_prefix, at_most=1.0)
    claims.ratio("together to one stream", median(together) / median(one), at_least=2.5)
    of_bare = median(together) / max(median(rates) for rates in bare)
    claims.ratio("together to one stream of the bare loop", of_bare, at_least=2.5)
    claims.ratio("cells to prefix and own tokens", n_cells / n_together, at_most=1.01)
    if peer:
        claims.value("llama-server, as many together", median(peer), "tokens/s")
        claims.ratio("together to llama-server", median(together) / median(peer), at_least=1.2)
    claims.finish()


if __name__ == "__main__":
    main()
