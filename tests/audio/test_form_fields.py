"""Forms with a field by both of its names, one of them for lists."""

from __future__ import annotations

import pytest

from electron_local.audio_api.forms import parse_form
from electron_local.errors import BadRequestError

pytest.importorskip("python_multipart")


def form_of(*names):
    parts = (f'--xyz\r\nContent-Disposition: form-data; name="{name}"\r\n\r\nen\r\n' for name in names)
    return "multipart/form-data; boundary=xyz", "".join([*parts, "--xyz--\r\n"]).encode()


@pytest.mark.parametrize("names", [("language", "language[]"), ("language[]", "language"), ("language", "language")])
def test_a_field_that_is_a_text_and_a_list(names):
    with pytest.raises(BadRequestError, match="has the field 'language' twice") as caught:
        parse_form(*form_of(*names))
    assert (caught.value.code, caught.value.param) == ("invalid_form", "language")


def test_a_list_of_one_and_of_two():
    assert parse_form(*form_of("a[]", "b[]", "b[]"))[0] == {"a": ["en"], "b": ["en", "en"]}
