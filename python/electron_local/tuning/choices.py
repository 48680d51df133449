"""Where each setting of an engine comes from: its options, the environment, a measurement, or the default."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from electron_local.errors import ElectronError, InvalidArgumentError
from electron_local.tuning.record import MAX_BATCH, MAX_THREADS, TuningRecord, load_record, save_record

_log = logging.getLogger(__name__)

Tune = Literal["auto", "measure", "off"]
KV_TYPES = ("f16", "q8_0")
DEFAULT_BATCH = 512
_TUNE_VARIABLE = "ELECTRON_LOCAL_TUNE"
_SWITCH = {"on": True, "off": False}


@dataclass(frozen=True)
class Choices:
    """`values` of the settings; None: left to the core. `reasons`: "yours", "measured" or "default"."""

    values: dict[str, Any]
    n_threads_limit: int | None
    reasons: dict[str, str]


def choose(model: Path, options: Mapping[str, Any], tune: Tune = "auto") -> Choices:
    """Settle `flash_attention`, `n_batch`, `n_threads` and `kv_type`.

    `options` go first, then ELECTRON_LOCAL_FLASH_ATTENTION (on, off), ELECTRON_LOCAL_N_BATCH, ELECTRON_LOCAL_N_THREADS
    and ELECTRON_LOCAL_KV_TYPE, then what was measured. `tune`: "off" ignores measurements; "measure" makes one, in
    processes of their own, where there is none. ELECTRON_LOCAL_TUNE overrides "auto".

    Raises InvalidArgumentError for a value outside its range.
    """
    record = _record(model, tune)
    values: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    for name, parse in _PARSERS.items():
        text = os.environ.get(_variable(name))
        value = options.get(name)
        if value is None and text is not None:
            value = parse(_variable(name), text)
        reasons[name] = "default" if value is None else "yours"
        if value is None and record is not None and name in ("flash_attention", "n_batch"):
            value, reasons[name] = getattr(record, name), "measured"
        values[name] = value
    if values["kv_type"] not in (None, *KV_TYPES):
        raise InvalidArgumentError(f"kv_type must be one of {', '.join(KV_TYPES)}, got {values['kv_type']!r}")
    if values["kv_type"] == "q8_0" and reasons["flash_attention"] == "measured":
        values["flash_attention"], reasons["flash_attention"] = True, "needed by kv_type q8_0"
    limit = None
    if record is not None and values["n_threads"] is None:
        limit, reasons["n_threads"] = record.n_threads, "measured, at most"
    return Choices(values, limit, reasons)


def _record(model: Path, tune: Tune) -> TuningRecord | None:
    tune = _tune_of(os.environ.get(_TUNE_VARIABLE, "auto") if tune == "auto" else tune)
    if tune == "off":
        return None
    record = load_record(model)
    if record is not None or tune == "auto" or not model.is_file():
        return record
    from electron_local.tuning.measure import measure

    _log.info("measuring the settings of %s once", model)
    try:
        record = measure(model).record
    except ElectronError as error:
        _log.warning("%s runs under the default settings: %s", model, error)
        return None
    try:
        save_record(model, record)
    except OSError as error:
        _log.warning("the settings of %s are not kept: %s", model, error)
    return record


def _tune_of(text: str) -> Tune:
    if text in get_args(Tune):
        return cast(Tune, text)
    raise InvalidArgumentError(f"tune must be auto, measure or off, got {text!r}")


def _variable(name: str) -> str:
    return f"ELECTRON_LOCAL_{name.upper()}"


def _switch(name: str, text: str) -> bool:
    if text not in _SWITCH:
        raise InvalidArgumentError(f"{name} must be on or off, got {text!r}")
    return _SWITCH[text]


def _number(most: int) -> Callable[[str, str], int]:
    def parse(name: str, text: str) -> int:
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
            raise InvalidArgumentError(f"{name} must be a number between 1 and {most}, got {text!r}")
        return int(text)

    return parse


_PARSERS: dict[str, Callable[[str, str], Any]] = {
    "flash_attention": _switch,
    "n_batch": _number(MAX_BATCH),
    "n_threads": _number(MAX_THREADS),
    "kv_type": lambda name, text: text,
}
