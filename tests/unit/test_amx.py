"""The AMX finding, with probes that behave well, wrongly and worst."""

from __future__ import annotations

import pytest

from electron_local import _core, amx


def program(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_the_real_probe_agrees_with_itself():
    assert amx.run_probe(amx.probe_path()).works
    assert "checked" in amx.run_probe(amx.probe_path()).detail


def test_a_probe_killed_by_an_illegal_instruction(tmp_path):
    finding = amx.run_probe(program(tmp_path / "probe", "kill -ILL $$"))
    assert not finding.works
    assert finding.detail == "the kernels died of signal 4"


def test_a_probe_with_wrong_results(tmp_path):
    finding = amx.run_probe(program(tmp_path / "probe", "echo AMX gives wrong results for q4_0; exit 1"))
    assert (finding.works, finding.detail) == (False, "AMX gives wrong results for q4_0")


def test_a_missing_probe_counts_as_failed(tmp_path):
    assert not amx.run_probe(tmp_path / "absent").works


def test_crashing_kernels_turn_extra_bufts_off_with_advice(monkeypatch, tmp_path):
    monkeypatch.setattr(_core, "cpu_features", lambda: ["amx_tile"])
    monkeypatch.setattr(amx, "probe_path", lambda: program(tmp_path / "probe", "kill -SEGV $$"))
    amx.finding.cache_clear()
    with pytest.warns(RuntimeWarning, match="make demo"):
        assert not amx.extra_bufts_are_safe()
    amx.finding.cache_clear()


def test_a_cpu_without_amx_is_not_probed(monkeypatch):
    monkeypatch.setattr(_core, "cpu_features", lambda: [])
    amx.finding.cache_clear()
    assert amx.extra_bufts_are_safe()
    amx.finding.cache_clear()
