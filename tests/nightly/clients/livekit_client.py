"""LiveKit's OpenAI plugin: a streamed chat, a function tool, an error."""

import asyncio
import json
import os

from livekit.agents import APIConnectOptions, APIStatusError, function_tool
from livekit.agents.llm import ChatContext
from livekit.plugins import openai

ONCE = APIConnectOptions(max_retry=0, timeout=60)


@function_tool
async def set_timer(minutes: int) -> str:
    """Set a timer.

    Args:
        minutes: how long
    """
    return "done"


def model(temperature):
    base_url = os.environ["BASE_URL"] + "/v1"
    return openai.LLM(model="electron", api_key=os.environ["API_KEY"], base_url=base_url, temperature=temperature)


async def ask(text, temperature=0.0, **options):
    context = ChatContext.empty()
    context.add_message(role="user", content=text)
    async with model(temperature).chat(chat_ctx=context, conn_options=ONCE, **options) as stream:
        return [chunk.delta async for chunk in stream if chunk.delta is not None]


async def main():
    deltas = await ask("hello")
    pieces = [delta.content for delta in deltas if delta.content]
    again = "".join(delta.content or "" for delta in await ask("hello"))
    called = await ask("Set a timer for five minutes.", tools=[set_timer], tool_choice="required")
    (call, *_) = [call for delta in called for call in delta.tool_calls]
    try:
        await ask("hello", temperature=9.0)
        error = "none"
    except APIStatusError as caught:
        error = f"{caught.status_code} {type(caught).__name__}"
    told = {"content": again, "streamed": "".join(pieces), "n_chunks": len(pieces)}
    print(json.dumps({**told, "call": call.name, "arguments": json.loads(call.arguments), "error": error}))


asyncio.run(main())
