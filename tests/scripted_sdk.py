"""The official SDK over a scripted engine, and what its chunks add up to."""

from __future__ import annotations

from electron_local.client import AsyncElectron, Electron
from electron_local.openai import AsyncOpenAI, OpenAI
from fakes import FakeEngine

ASK = {"model": "electron", "messages": [{"role": "user", "content": "Hello"}]}


def sdk_of(*replies, sdk_options=None, **options):
    engine = FakeEngine(replies or ("Hello there.",), **options)
    return OpenAI(Electron(engine=engine), **sdk_options or {}), engine


def async_sdk_of(*replies, **options):
    engine = FakeEngine(replies or ("Hello there.",), **options)
    return AsyncOpenAI(AsyncElectron(engine=engine)), engine


def text_of(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
