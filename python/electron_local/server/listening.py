"""The socket that the server listens on, and who may reach it."""

from __future__ import annotations

import ipaddress
import socket

from electron_local.errors import InvalidArgumentError


def listen(host: str, port: int, *, is_open_to_all: bool) -> socket.socket:
    """A listening socket at `host`, a name or an address; port 0: any free one.

    `is_open_to_all`: other machines may reach it. Raises InvalidArgumentError when they could but may not, for a
    host that has no address, and for an address that cannot be had.
    """
    if not 0 <= port <= 65535:
        raise InvalidArgumentError(f"the port must be 0 to 65535, got {port}")
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise InvalidArgumentError(f"{host!r} is no address to listen on: {error}") from error
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    family, _, _, _, address = found[0]
    if not is_open_to_all and not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback:
        raise InvalidArgumentError(
            f"{host or address[0]} can be reached by other machines, and no API key is asked for: "
            "give --api-key or --api-keys, or --force to let everybody in"
        )
    try:
        listener = socket.create_server(address, family=family, backlog=2048)
    except OSError as error:
        raise InvalidArgumentError(f"cannot listen on {host or address[0]}:{port}: {error.strerror}") from error
    # Connections inherit it. asyncio sets it only on sockets made with IPPROTO_TCP written out.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def url_of(listener: socket.socket) -> str:
    """Where clients find it."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
