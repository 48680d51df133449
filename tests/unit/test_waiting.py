"""How threads wait is settled before libllama is loaded, and never against the user's choice."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from electron_local.waiting import WAITING_VARIABLES, in_company, set_waiting


def test_threads_spin_for_a_moment_and_then_sleep():
    environment: dict[str, str] = {}
    set_waiting(environment)
    assert 100 <= int(environment["GOMP_SPINCOUNT"]) <= 1_000_000
    assert "OMP_WAIT_POLICY" not in environment


@pytest.mark.parametrize("name", WAITING_VARIABLES)
def test_a_choice_of_the_users_is_kept(name):
    environment = {name: "active"}
    set_waiting(environment)
    assert environment == {name: "active"}


def test_a_runtime_loaded_by_us_spins_beside_other_engines_too():
    environment: dict[str, str] = {}
    set_waiting(environment)
    settled = dict(environment)
    with in_company(environment):
        assert environment == {**settled, "OMP_WAIT_POLICY": "ACTIVE"}
    assert environment == settled


@pytest.mark.parametrize("name", WAITING_VARIABLES)
def test_beside_other_engines_a_choice_of_the_users_is_kept(name):
    environment = {name: "passive"}
    set_waiting(environment)
    with in_company(environment):
        assert environment == {name: "passive"}


def test_it_happens_when_the_package_is_imported():
    code = "import electron_local, os; print(os.environ['GOMP_SPINCOUNT'])"
    environment = {name: value for name, value in os.environ.items() if name not in WAITING_VARIABLES}
    found = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    expected: dict[str, str] = {}
    set_waiting(expected)
    assert found.stdout.strip() == expected["GOMP_SPINCOUNT"]
