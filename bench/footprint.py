"""What the runtime costs before it does anything: import time, first token, installed size, an idle ear.

Prints a table, and JSON with the machine's facts on the last line. `--size` also installs the package without
extras into an empty folder (needs a package index). Run it on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from claims import Claims

REPOSITORY = Path(__file__).resolve().parent.parent

IMPORT = "import time; t = time.perf_counter(); import electron_local; print((time.perf_counter() - t) * 1000)"
IMPORT_CLIENT = IMPORT.replace("import electron_local;", "from electron_local import Electron;")
FIRST_TOKEN = """
import sys, time
from electron_local import Electron
messages = [{"role": "user", "content": "hello"}]
with Electron() as client, client.chat.completions.create(model="electron", messages=messages, stream=True) as stream:
    for chunk in stream:
        if chunk.choices[0].delta.content:
            print(time.time() * 1000)
            break
"""


# What an installation compiles once must not be compiled again in every process.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run(code: str) -> float:
    """The number that `code` prints, run in a fresh interpreter."""
    command = [sys.executable, "-c", code]
    return float(subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT).stdout)


def median(code: str, n_runs: int) -> float:
    run(code)
    return statistics.median(run(code) for _ in range(n_runs))


def first_token_ms(n_runs: int) -> float:
    """From before the process starts to its first token."""

    def once() -> float:
        begin = time.time() * 1000
        return run(FIRST_TOKEN) - begin

    once()
    return statistics.median(once() for _ in range(n_runs))


def idle_cpu_percent(seconds: float) -> float:
    """CPU of a session that hears a quiet room (noise at -60 dBFS) for `seconds`, as a share of one core."""
    from electron_local import Electron
    from electron_local.voice import Session, SessionConfig

    noise = np.random.default_rng(1).normal(0.0, 1e-3, 320).astype(np.float32)
    with Electron() as client, Session(client, SessionConfig(instructions="You listen.")) as session:
        n_pieces = int(seconds / 0.02)
        session.push(noise)
        time.sleep(1.0)
        before = resource.getrusage(resource.RUSAGE_SELF)
        begin = time.perf_counter()
        for i in range(n_pieces):
            session.push(noise)
            time.sleep(max(0.0, begin + (i + 1) * 0.02 - time.perf_counter()))
        elapsed = time.perf_counter() - begin
        after = resource.getrusage(resource.RUSAGE_SELF)
    return 100.0 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / elapsed


def installed_mb() -> float:
    """Megabytes of `pip install --target EMPTY .`, dependencies included, extras not."""
    with tempfile.TemporaryDirectory() as folder:
        links = subprocess.run(
            [sys.executable, REPOSITORY / "tools" / "libllama_wheel.py"], capture_output=True, text=True, check=True
        ).stdout.strip()
        environment = {**os.environ, "PIP_FIND_LINKS": f"{os.environ.get('PIP_FIND_LINKS', '')} {links}".strip()}
        command = [sys.executable, "-m", "pip", "install", "-q", "--target", folder, "--no-compile", str(REPOSITORY)]
        subprocess.run(command, check=True, env=environment)
        return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=20.0, help="length of the idle session")
    parser.add_argument("--size", action="store_true", help="measure the installed size too")
    arguments = parser.parse_args()
    claims = Claims("footprint")
    claims.ratio("import electron_local", median(IMPORT, arguments.runs), "ms", at_most=80.0)
    claims.value("import Electron", median(IMPORT_CLIENT, arguments.runs), "ms")
    claims.ratio("process start to first token", first_token_ms(arguments.runs), "ms", at_most=300.0)
    claims.ratio("idle listening session", idle_cpu_percent(arguments.seconds), "% of a core", at_most=3.0)
    if arguments.size:
        claims.ratio("installed without extras", installed_mb(), "MB", at_most=120.0)
    claims.finish()


if __name__ == "__main__":
    main()
