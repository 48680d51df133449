"""electron_local: an embeddable voice-agent runtime for machines without a network.

The public names load on first use, so that importing the package stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from electron_local import libllama
from electron_local.errors import APIError, BadRequestError, ElectronError, ModelLoadError, OverloadedError

if TYPE_CHECKING:
    from electron_local.client import AsyncElectron, Electron
    from electron_local.vad import Vad, VadEvent

__version__ = "0.1.0"
__all__ = [
    "APIError",
    "AsyncElectron",
    "BadRequestError",
    "Electron",
    "ElectronError",
    "ModelLoadError",
    "OverloadedError",
    "Vad",
    "VadEvent",
]

libllama.prepare()

_HOMES = {"Electron": "client", "AsyncElectron": "client", "Vad": "vad", "VadEvent": "vad"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
