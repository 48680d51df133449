"""Fetching one file over HTTP: resumed where it stopped, and checked before it counts."""

from __future__ import annotations

import hashlib
import http.client
import os
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from electron_local.errors import DownloadError

_BLOCK_BYTES = 1 << 20
CONNECT_TIMEOUT_S = 10.0

Progress = Callable[[int, "int | None"], None]
"""Called with the bytes that are here, and all there are; None: the server does not say."""


@dataclass(frozen=True)
class Wanted:
    """A file and what is known of it. None: not known."""

    url: str
    size_bytes: int | None = None
    sha256: str | None = None


def download(wanted: Wanted, target: Path, progress: Progress, *, timeout_s: float = CONNECT_TIMEOUT_S) -> str:
    """Fetch `wanted` to `target` and return its SHA-256.

    Bytes collect in `target` with `.part` behind its name; what is there already is asked for no more (HTTP Range).
    Raises DownloadError: offline, a status that is no success, an end before the end, too little room, a size or
    SHA-256 other than known. What came stays for the next try, unless it is known to be wrong.
    """
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _fetch(wanted, part, progress, timeout_s)
    except (urllib.error.HTTPError, http.client.HTTPException) as error:
        raise DownloadError(f"{wanted.url}: the server says {error}") from error
    except urllib.error.URLError as error:
        raise _offline(wanted.url, error.reason) from error
    except (TimeoutError, ConnectionError, ssl.SSLError) as error:
        raise DownloadError(f"{wanted.url}: the connection broke ({error}); pull again to go on") from error
    except OSError as error:
        raise DownloadError(f"{part}: {error.strerror}") from error
    digest = _checked(wanted, part)
    part.replace(target)
    return digest


def _fetch(wanted: Wanted, part: Path, progress: Progress, timeout_s: float) -> None:
    n_have = part.stat().st_size if part.exists() else 0
    if wanted.size_bytes is not None and n_have == wanted.size_bytes:
        return
    request = urllib.request.Request(wanted.url, headers={"User-Agent": "electron-local"})
    if n_have:
        request.add_header("Range", f"bytes={n_have}-")
    try:
        response = urllib.request.urlopen(request, timeout=timeout_s)
    except urllib.error.HTTPError as error:
        if error.code != http.client.REQUESTED_RANGE_NOT_SATISFIABLE or not n_have:
            raise
        if error.headers.get("Content-Range", "").endswith(f"/{n_have}"):
            return  # all of it is here
        part.unlink()
        _fetch(wanted, part, progress, timeout_s)
        return
    with response:
        is_resumed = response.status == http.client.PARTIAL_CONTENT
        _write(response, part, n_have if is_resumed else 0, progress)


def _write(response: Any, part: Path, n_have: int, progress: Progress) -> None:
    length = response.headers.get("Content-Length")
    n_all = n_have + int(length) if length is not None else None
    _check_room(part, n_have, n_all)
    with part.open("r+b" if n_have else "wb") as file:
        file.seek(n_have)
        progress(n_have, n_all)
        while block := response.read(_BLOCK_BYTES):
            file.write(block)
            n_have += len(block)
            progress(n_have, n_all)
    if n_all is not None and n_have != n_all:
        raise ConnectionError(f"{n_have} of {n_all} bytes came")


def _check_room(part: Path, n_have: int, n_all: int | None) -> None:
    found = os.statvfs(part.parent)
    n_free = found.f_bavail * found.f_frsize
    if n_all is not None and n_all - n_have > n_free:
        raise DownloadError(f"{part.parent} has {n_free} bytes left; {n_all - n_have} more are needed")


def _checked(wanted: Wanted, part: Path) -> str:
    size = part.stat().st_size
    digest = file_sha256(part)
    wrong = None
    if wanted.size_bytes is not None and size != wanted.size_bytes:
        wrong = f"it has {size} bytes, not {wanted.size_bytes}"
    elif wanted.sha256 is not None and digest != wanted.sha256:
        wrong = f"its SHA-256 is {digest}, not {wanted.sha256}"
    if wrong is not None:
        part.unlink()
        raise DownloadError(f"{wanted.url} is not the file it should be: {wrong}; it was deleted")
    return digest


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _offline(url: str, reason: Any) -> DownloadError:
    host = urllib.request.Request(url).host
    if isinstance(reason, socket.gaierror):
        return DownloadError(f"this machine is offline: {host} has no address ({reason.strerror})")
    if isinstance(reason, TimeoutError):
        return DownloadError(f"this machine is offline, or {host} is: no answer in time")
    return DownloadError(f"{host} cannot be reached: {reason}")
