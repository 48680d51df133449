"""What the runtime costs before it does anything: import time, first token, installed size, an idle ear.

Prints a table, and JSON with the machine's facts on the last line. `--size` also installs the package without
extras into an empty folder (needs a package index). Run it on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

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


def run(code: str) -> float:
    """The number that `code` prints, run in a fresh interpreter."""
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


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
    rows = {
        "import electron_local, ms": (median(IMPORT, arguments.runs), 80.0),
        "import Electron, ms": (median(IMPORT_CLIENT, arguments.runs), None),
        "process start to first token, ms": (first_token_ms(arguments.runs), 300.0),
        "idle listening session, % of a core": (idle_cpu_percent(arguments.seconds), 3.0),
    }
    if arguments.size:
        rows["installed without extras, MB"] = (installed_mb(), 120.0)
    for name, (value, limit) in rows.items():
        print(f"{name:<38} {value:8.1f}" + (f"   (aim: {limit:.0f})" if limit else ""))
    facts = {"machine": platform.platform(), "cpus": len(os.sched_getaffinity(0)), "python": platform.python_version()}
    print(json.dumps({**facts, **{name: round(value, 2) for name, (value, _) in rows.items()}}))


if __name__ == "__main__":
    main()
