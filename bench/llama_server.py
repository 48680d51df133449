"""llama.cpp's server as a peer: the same token prompts over its HTTP interface, as many at once as it has slots."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

START_S = 60.0


class LlamaServer:
    """The program `path` in a process of its own, with an engine's threads, batch and flash setting.

    Args:
        n_cells: of its unified cache, all slots together.
        n_slots: requests that it answers at once.
    """

    def __init__(self, path: Path, model: Path, n_cells: int, n_slots: int, settings: Any) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        options = {
            "--model": model, "--host": "127.0.0.1", "--port": self._port, "--ctx-size": n_cells,
            "--parallel": n_slots, "--threads": settings.n_threads, "--threads-batch": settings.n_threads_batch,
            "--batch-size": settings.n_batch, "--ubatch-size": settings.n_batch,
            "--flash-attn": "on" if settings.flash_attention else "off",
        }  # fmt: skip
        words = [str(path), "--kv-unified", *(str(word) for option in options.items() for word in option)]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_S
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.close()
                raise RuntimeError(f"{path} did not start: {' '.join(words)}")
            time.sleep(0.1)

    def tokens_per_s(self, prompts: list[list[int]], n_tokens: int) -> float:
        """Tokens a second of all answers, first tokens included."""
        begin = time.perf_counter()
        with ThreadPoolExecutor(len(prompts)) as pool:
            counts = list(pool.map(lambda prompt: self._answer(prompt, n_tokens), prompts))
        elapsed_s = time.perf_counter() - begin
        assert counts == [n_tokens] * len(prompts), f"answers of {counts} tokens"
        return sum(counts) / elapsed_s

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()

    def _answer(self, prompt: list[int], n_tokens: int) -> int:
        body = {"prompt": prompt, "n_predict": n_tokens, "temperature": 0, "ignore_eos": True, "cache_prompt": True}
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=300)
        connection.request("POST", "/completion", json.dumps(body), {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return int(answer["tokens_predicted"])

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()
