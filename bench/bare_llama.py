"""A bare libllama loop, the floor under every engine: llama-cpp-python's ctypes calls, greedy, one sequence.

`BareLlama` runs it in a process of its own, so that it shares no threads and no memory with what it is compared to,
and asks it over a pipe. Run as a program it is that process.
"""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # not in the child process: importing the package settles how threads wait
    from electron_local.engine import Engine


class BareLlama:
    """The loop under an engine's own settings, or under libllama's defaults with `settings=None`.

    Args:
        model: a GGUF file.
        n_ctx: cells of its cache.
        settings: those of the engine that it is compared to; a `flash_attention` of None leaves it to libllama.
        environment: of its process; None: this one's.
    """

    def __init__(
        self, model: Path, n_ctx: int, settings: Any = None, environment: Mapping[str, str] | None = None
    ) -> None:
        arguments: dict[str, Any] = {"model": str(model), "n_ctx": n_ctx}
        if settings is not None:
            names = ("n_batch", "n_threads", "n_threads_batch", "flash_attention")
            arguments |= {name: getattr(settings, name) for name in names}
        self._process = subprocess.Popen(
            [sys.executable, __file__, json.dumps(arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    @classmethod
    def like(cls, engine: Engine, model: Path) -> BareLlama:
        """With the engine's settings and a cache of one request's size."""
        return cls(model, engine.n_ctx, engine.settings)

    def first_token_ms(self, tokens: Sequence[int], n_kept: int = 0) -> float:
        """From the first `n_kept` of `tokens` in its cache to the token after the last; they must have been there."""
        return self._ask({"tokens": list(tokens), "n_kept": n_kept, "n_more": 0})["first_ms"]

    def tokens_per_s(
        self, tokens: Sequence[int], n_more: int, n_kept: int = 0, longest_s: float | None = None
    ) -> float:
        """Tokens a second behind `tokens`, the first one not counted; `n_kept` as in `first_token_ms`.

        `longest_s`: seconds after which no further token is begun.
        """
        question = {"tokens": list(tokens), "n_kept": n_kept, "n_more": n_more, "longest_s": longest_s}
        answer = self._ask(question)
        return answer["n_more"] / (answer["rest_ms"] / 1000)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _ask(self, question: dict[str, Any]) -> dict[str, float]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer: dict[str, float] = json.loads(self._process.stdout.readline())
        return answer

    def __enter__(self) -> BareLlama:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serve(arguments: dict[str, Any]) -> None:
    import llama_cpp
    import numpy as np

    @llama_cpp.llama_log_callback
    def ignore(level: int, text: bytes, data: ctypes.c_void_p) -> None:
        pass

    llama_cpp.llama_log_set(ignore, ctypes.c_void_p())
    model = llama_cpp.llama_model_load_from_file(arguments["model"].encode(), llama_cpp.llama_model_default_params())
    params = llama_cpp.llama_context_default_params()
    params.n_ctx = arguments["n_ctx"]
    if "n_batch" in arguments:
        params.n_batch = params.n_ubatch = arguments["n_batch"]
        params.n_threads = arguments["n_threads"]
        params.n_threads_batch = arguments["n_threads_batch"]
        params.flash_attn_type = {
            None: llama_cpp.LLAMA_FLASH_ATTN_TYPE_AUTO,
            False: llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED,
            True: llama_cpp.LLAMA_FLASH_ATTN_TYPE_ENABLED,
        }[arguments["flash_attention"]]
    context = llama_cpp.llama_init_from_model(model, params)
    memory = llama_cpp.llama_get_memory(context)
    n_vocab = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))

    def decode(tokens: Sequence[int]) -> int:
        """The likeliest token behind them; whole batches first."""
        for begin in range(0, len(tokens), params.n_batch):
            chunk = tokens[begin : begin + params.n_batch]
            array = (llama_cpp.llama_token * len(chunk))(*chunk)
            if llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(array, len(chunk))) != 0:
                raise RuntimeError(f"llama_decode failed on {len(chunk)} tokens")
        return int(np.argmax(np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(context, -1), (n_vocab,))))

    for line in sys.stdin:
        question = json.loads(line)
        llama_cpp.llama_memory_seq_rm(memory, 0, question["n_kept"], -1)
        begin = time.perf_counter()
        token = decode(question["tokens"][question["n_kept"] :])
        first = end = time.perf_counter()
        longest_s, n_more = question.get("longest_s"), 0
        while n_more < question["n_more"] and (longest_s is None or end - first < longest_s):
            token = decode([token])
            n_more += 1
            end = time.perf_counter()
        times = {"first_ms": 1000 * (first - begin), "rest_ms": 1000 * (end - first), "n_more": n_more}
        print(json.dumps(times), flush=True)


if __name__ == "__main__":
    serve(json.loads(sys.argv[1]))
