"""Request ids: one for every request, told with every error."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from electron_local.errors import APIError, BadRequestError, InvalidArgumentError


def new_request_id() -> str:
    """`req_…`, unique."""
    return "req_" + os.urandom(12).hex()


@contextmanager
def tagged(request_id: str) -> Iterator[None]:
    """Errors that leave carry the request's id; what the engine refuses is the request's fault."""
    try:
        yield
    except APIError as error:
        error.request_id = error.request_id or request_id
        raise
    except InvalidArgumentError as error:
        raise BadRequestError(str(error), code="invalid_value", request_id=request_id) from error
