"""Request bodies: bytes → a JSON value, or the error that says what is wrong with them."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from electron_local.errors import BadRequestError, RequestTooLargeError


def read_json(body: bytes, max_bytes: int) -> Any:
    """The JSON value in `body`.

    Raises RequestTooLargeError over `max_bytes`, and BadRequestError (`invalid_json`) for what is not UTF-8, not
    JSON (RFC 8259: no NaN, no Infinity), or nested deeper than the parser goes.
    """
    if len(body) > max_bytes:
        raise RequestTooLargeError(f"the body has more than {max_bytes} bytes, which is the most that is read")
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8 at byte {error.start}"
    except json.JSONDecodeError as error:
        problem = f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
    except RecursionError:
        problem = "is nested too deeply"
    except ValueError as error:
        problem = f"is not JSON: {error}"
    raise BadRequestError(f"the body {problem}", code="invalid_json")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")
