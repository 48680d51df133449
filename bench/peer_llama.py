"""llama-cpp-python as its users run it, in a process of its own that is asked over a pipe.

`PeerLlama` is one setting of it; `best_peer` tries those that a user could choose. Run as a program it is that process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

N_TRIALS = 5


class PeerLlama:
    """`Llama.generate` with a detokenised piece a token.

    Args:
        model: a GGUF file.
        n_ctx: its context.
        n_threads: of a decode step and of a prompt.
        flash_attention: None leaves it at the package's default, which is off.
    """

    def __init__(self, model: Path, n_ctx: int, n_threads: int, flash_attention: bool) -> None:
        self.name = f"{n_threads} threads, flash attention {'on' if flash_attention else 'off'}"
        arguments = {
            "model_path": str(model),
            "n_ctx": n_ctx,
            "n_threads": n_threads,
            "n_threads_batch": n_threads,
            "flash_attn": flash_attention,
        }
        self._process = subprocess.Popen(
            [sys.executable, __file__, json.dumps(arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def tokens_per_s(self, tokens: Sequence[int], n_more: int) -> float:
        """Tokens a second behind `tokens`, the first one not counted."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"tokens": list(tokens), "n_more": n_more}) + "\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def __enter__(self) -> PeerLlama:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def best_peer(model: Path, n_ctx: int, tokens: Sequence[int], n_more: int) -> PeerLlama:
    """The quickest of one to all threads, with and without flash attention: the best of a few short trials each."""
    best: tuple[float, PeerLlama] | None = None
    for n_threads in range(1, len(os.sched_getaffinity(0)) + 1):
        for flash_attention in (False, True):
            peer = PeerLlama(model, n_ctx, n_threads, flash_attention)
            rate = max(peer.tokens_per_s(tokens, n_more) for _ in range(N_TRIALS))
            if best is not None and best[0] >= rate:
                peer.close()
                continue
            if best is not None:
                best[1].close()
            best = rate, peer
    assert best is not None
    return best[1]


def serve(arguments: dict[str, Any]) -> None:
    from llama_cpp import Llama

    llama = Llama(**arguments, verbose=False)
    for line in sys.stdin:
        question = json.loads(line)
        stream = llama.generate(question["tokens"], temp=0.0)
        next(stream)
        begin = time.perf_counter()
        for index, token in enumerate(stream, 1):
            llama.detokenize([token])
            if index == question["n_more"]:
                break
        print(question["n_more"] / (time.perf_counter() - begin), flush=True)


if __name__ == "__main__":
    serve(json.loads(sys.argv[1]))
