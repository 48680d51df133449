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


def files_of(*names, content="RIFF"):
    """A part with a file for each name; the names of text fields end in `!`."""
    kind, _ = form_of()
    tails = [(name.removesuffix("!"), "" if name.endswith("!") else '; filename="a.wav"') for name in names]
    parts = [f'--xyz\r\nContent-Disposition: form-data; name="{name}"{tail}' for name, tail in tails]
    return kind, "".join([*(f"{part}\r\n\r\n{content}\r\n" for part in parts), "--xyz--\r\n"]).encode()


@pytest.mark.parametrize("names", [("file", "file"), ("file!", "file"), ("file", "file!"), ("file", "file[]!")])
@pytest.mark.parametrize("n_bytes", [1, 2**16])
def test_a_file_that_comes_twice(names, n_bytes):
    with pytest.raises(BadRequestError, match="has the field 'file' twice") as caught:
        parse_form(*files_of(*names, content="x" * n_bytes))
    assert (caught.value.code, caught.value.param) == ("invalid_form", "file")


def test_files_count_as_fields():
    names = [f"f{index}" + "!" * (index % 2) for index in range(32)]
    fields, files = parse_form(*files_of(*names))
    assert len(fields) == len(files) == 16
    with pytest.raises(BadRequestError, match="more than 32 fields"):
        parse_form(*files_of(*names, "file"))


def test_a_list_of_one_and_of_two():
    assert parse_form(*form_of("a[]", "b[]", "b[]"))[0] == {"a": ["en"], "b": ["en", "en"]}
