"""pipecat's SmallestLLMService: frames of a pipeline, a function call, and one inference beside it."""

import asyncio
import json
import os

import openai
from pipecat.adapters.schemas.function_schema import FunctionSchema
from pipecat.adapters.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import LLMContextFrame, LLMTextFrame
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.services.smallest.llm import SmallestLLMService
from pipecat.tests.utils import run_test

BASE_URL = os.environ["BASE_URL"] + "/waves/v1"
HELLO = [{"role": "user", "content": "hello"}]
TIMER = [{"role": "user", "content": "Set a timer for five minutes."}]
TOOL = FunctionSchema("set_timer", "Set a timer.", {"minutes": {"type": "integer"}}, ["minutes"])


def service(temperature=0.0):
    settings = SmallestLLMService.Settings(model="electron", temperature=temperature)
    return SmallestLLMService(api_key=os.environ["API_KEY"], base_url=BASE_URL, settings=settings)


async def main():
    down, _ = await run_test(service(), frames_to_send=[LLMContextFrame(LLMContext(HELLO))], start_timeout=30)
    pieces = [frame.text for frame in down if isinstance(frame, LLMTextFrame)]
    calls = []

    async def set_timer(params):
        calls.append((params.function_name, dict(params.arguments)))
        await params.result_callback({"status": "ok"})

    calling = service()
    calling.register_function("set_timer", set_timer)
    context = LLMContext(TIMER, tools=ToolsSchema(standard_tools=[TOOL]), tool_choice="required")
    await run_test(calling, frames_to_send=[LLMContextFrame(context)], start_timeout=30)
    for _ in range(100):
        if calls:
            break
        await asyncio.sleep(0.05)
    answer = await service().run_inference(LLMContext(HELLO))
    try:
        await service(temperature=9.0).run_inference(LLMContext(HELLO))
        error = "none"
    except openai.BadRequestError as caught:
        error = f"{caught.status_code} {type(caught).__name__}"
    name, arguments = calls[0]
    told = {"content": answer, "streamed": "".join(pieces), "n_chunks": len(pieces)}
    print(json.dumps({**told, "call": name, "arguments": arguments, "error": error}))


asyncio.run(main())
