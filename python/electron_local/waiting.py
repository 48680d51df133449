"""How threads wait at a barrier: settled in the environment before OpenMP's library is loaded, which reads it once."""

from __future__ import annotations

import json
import logging
import os
import platform
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path

from electron_local.cache_folder import cache_folder
from electron_local.processor import cpu_name, n_usable_cpus

_log = logging.getLogger(__name__)

# What decides in GNU's OpenMP runtime.
WAITING_VARIABLES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")

# Turns of the waiting loop, some 250 microseconds: longer than what lies between two steps of a stream. A turn is a
# `pause` on x86 and next to nothing elsewhere.
DEFAULT_SPIN_COUNT = 10_000 if platform.machine() in ("x86_64", "AMD64") else 200_000
MAX_SPIN_COUNT = 10_000_000

_OURS = "ELECTRON_LOCAL_SPIN"  # marks a choice of this package's in the environment, for child processes too
_REASONS = ("default", "measured")


def set_waiting(environment: MutableMapping[str, str]) -> None:
    """Let threads spin for microseconds and then sleep, unless the user chose otherwise.

    Between two barriers of a decode step lie microseconds: sleeping at each one takes longer than the step itself.
    Spinning for many milliseconds, the runtime's own choice, takes the core from whoever holds the others up, and from
    the recogniser and the synthesiser between two steps.
    """
    if any(name in environment for name in WAITING_VARIABLES):
        return
    measured = load_spin_count()
    environment["GOMP_SPINCOUNT"] = str(DEFAULT_SPIN_COUNT if measured is None else measured)
    environment[_OURS] = "default" if measured is None else "measured"


@contextmanager
def in_company(environment: MutableMapping[str, str]) -> Iterator[None]:
    """Let the OpenMP library that is loaded meanwhile spin on where other engines are in the process too.

    With more of its threads than CPUs in a process, even sleeping ones, it would spin a hundred turns only, and two
    engines would each decode a third slower. An active policy lifts that to a thousand; it is gone again afterwards,
    for other runtimes would spin without end under it.
    """
    if _OURS not in environment or "OMP_WAIT_POLICY" in environment:
        yield
        return
    environment["OMP_WAIT_POLICY"] = "ACTIVE"
    try:
        yield
    finally:
        del environment["OMP_WAIT_POLICY"]


def waiting_reason(environment: Mapping[str, str]) -> str:
    """Where the choice in `environment` comes from: "default", "measured" or "yours"."""
    reason = environment.get(_OURS, "yours")
    return reason if reason in _REASONS else "yours"


def waiting_in_words(environment: Mapping[str, str] = os.environ) -> str:
    """The variables that are set, as NAME=VALUE."""
    found = [f"{name}={environment[name]}" for name in WAITING_VARIABLES if name in environment]
    return " ".join(found) or "not set"


def with_spin_count(environment: Mapping[str, str], spin_count: int) -> dict[str, str]:
    """A copy of `environment` for a child process whose threads wait so long."""
    kept = {name: value for name, value in environment.items() if name not in WAITING_VARIABLES}
    return {**kept, "GOMP_SPINCOUNT": str(spin_count)}


def waiting_path() -> Path:
    """Where this machine's measured spin count lies."""
    return cache_folder() / "tuning" / "waiting.json"


def waiting_content(spin_count: int) -> dict[str, str | int]:
    """What `waiting_path` holds."""
    return {"cpu": cpu_name(), "cpus": n_usable_cpus(), "spin_count": spin_count}


def load_spin_count() -> int | None:
    """The spin count measured on this machine; None without one, or with one that cannot be used."""
    path = waiting_path()
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        _log.warning("%s is ignored: %s", path, error)
        return None
    count = content.get("spin_count") if isinstance(content, dict) else None
    if type(count) is not int or not 0 <= count <= MAX_SPIN_COUNT:
        _log.warning("%s is ignored: spin_count is %r, not between 0 and %d", path, count, MAX_SPIN_COUNT)
        return None
    return count if content == waiting_content(count) else None  # of another machine
