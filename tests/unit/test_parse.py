"""`client.chat.completions.parse`: answers as instances of pydantic models."""

from __future__ import annotations

import asyncio

import pytest

from electron_local.client import AsyncElectron, Electron
from electron_local.errors import BadRequestError, InvalidArgumentError, LengthFinishReasonError
from fakes import FakeEngine

pydantic = pytest.importorskip("pydantic")
USER = {"role": "user", "content": "Hello"}
REPLY = '{"city": "Oslo", "days": [1, 2]}'


class Trip(pydantic.BaseModel):
    city: str
    days: list[int]


class Careful(pydantic.BaseModel):
    city: str

    @pydantic.field_validator("city")
    @classmethod
    def refuse(cls, value):
        raise ValueError("no such city")


def parse(reply=REPLY, response_format=Trip, **fields):
    client = Electron(engine=FakeEngine([reply]))
    return client, client.chat.completions.parse(
        model="electron", messages=[USER], response_format=response_format, **fields
    )


def test_sync_and_async():
    client, answer = parse(temperature=0)
    message = answer.choices[0].message
    assert message.parsed == Trip(city="Oslo", days=[1, 2]) and message.content == REPLY
    assert answer.usage.completion_tokens > 0 and client.engine.params[0].temperature == 0
    assert '"city"' in client.engine.constraints[0].grammar.text

    async def ask():
        async with AsyncElectron(engine=FakeEngine([REPLY])) as other:
            return await other.chat.completions.parse(model="electron", messages=[USER], response_format=Trip)

    assert asyncio.run(ask()).choices[0].message.parsed == message.parsed


def test_the_message_goes_back_and_dumps():
    client, answer = parse()
    dumped = answer.model_dump()
    assert dumped["choices"][0]["message"]["parsed"] == {"city": "Oslo", "days": [1, 2]}
    client.chat.completions.create(model="electron", messages=[USER, answer.choices[0].message, USER])
    assert REPLY in client.engine.detokenize(client.engine.prompts[1])


def test_a_cut_answer_is_an_error_with_what_there_is():
    with pytest.raises(LengthFinishReasonError) as caught:
        parse(max_tokens=3)
    assert caught.value.completion.choices[0].message.content == REPLY[:9]


def test_what_no_schema_says_is_pydantics_error():
    with pytest.raises(pydantic.ValidationError, match="no such city"):
        parse(response_format=Careful)


def test_wrong_use_is_said():
    for response_format in ({"type": "json_object"}, dict, Trip(city="x", days=[])):
        with pytest.raises(InvalidArgumentError, match="pydantic model class"):
            parse(response_format=response_format)
    with pytest.raises(InvalidArgumentError, match="stream"):
        parse(stream=True)
    with pytest.raises(BadRequestError):
        parse(temperature=9)
