"""Bodies of `multipart/form-data`. Source: RFC 7578; parsed by python-multipart."""

from __future__ import annotations

import io
from contextlib import closing
from typing import Any

from electron_local.errors import BadRequestError, MissingDependencyError

_MAX_FIELDS = 32
_MAX_FIELD_BYTES = 65536


def parse_form(content_type: str, body: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Text fields and files by name. A field whose name ends in `[]` is a list; no other name comes twice.

    Raises BadRequestError (`invalid_form`), and MissingDependencyError without python-multipart.
    """
    multipart = _import_multipart()
    if content_type.partition(";")[0].strip().lower() != "multipart/form-data":
        message = f"the body must be multipart/form-data, not {content_type[:80] or 'of no content type'!r}"
        raise BadRequestError(message, code="invalid_form")
    fields: dict[str, Any] = {}
    files: dict[str, bytes] = {}
    n_seen = 0

    def count_one() -> None:
        nonlocal n_seen
        n_seen += 1
        if n_seen > _MAX_FIELDS:
            raise BadRequestError(f"the form has more than {_MAX_FIELDS} fields", code="invalid_form")

    def on_field(field: Any) -> None:
        count_one()
        name, value = _text(field.field_name), _text(field.value or b"")
        is_one_of_several = name.endswith("[]")
        name = name.removesuffix("[]")
        if is_one_of_several and name not in files and isinstance(fields.setdefault(name, []), list):
            fields[name].append(value)
        elif name in fields or name in files:
            raise _twice(name)
        else:
            fields[name] = value

    def on_file(file: Any) -> None:
        with closing(file):
            count_one()
            name = _text(file.field_name or b"")
            if name in fields or name in files:
                raise _twice(name)
            file.file_object.seek(0)
            files[name] = file.file_object.read()

    headers = {"Content-Type": content_type.encode("latin-1", "replace")}
    try:
        multipart.parse_form(headers, io.BytesIO(body), on_field, on_file)
    except multipart.exceptions.FormParserError as error:
        raise BadRequestError(f"the body is no form: {error}", code="invalid_form") from error
    return fields, files


def _twice(name: str) -> BadRequestError:
    return BadRequestError(f"the form has the field {name[:40]!r} twice", code="invalid_form", param=name[:40])


def _text(data: bytes) -> str:
    if len(data) > _MAX_FIELD_BYTES:
        raise BadRequestError(f"a field has {len(data)} bytes; at most {_MAX_FIELD_BYTES}", code="invalid_form")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise BadRequestError(f"a field is not UTF-8 at byte {error.start}", code="invalid_form") from error


def _import_multipart() -> Any:
    try:
        import python_multipart
        import python_multipart.exceptions
    except ImportError as error:
        raise MissingDependencyError(
            f"forms need python-multipart: pip install 'electron-local[server]' ({error})"
        ) from error
    return python_multipart
