"""LangChain's ChatOpenAI: invoke, stream, bind_tools."""

import json
import os

import openai
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI


@tool
def set_timer(minutes: int) -> str:
    """Set a timer."""
    return "done"


options = {"base_url": os.environ["BASE_URL"] + "/v1", "api_key": os.environ["API_KEY"], "model": "electron"}
chat = ChatOpenAI(**options, temperature=0)
answer = chat.invoke("hello")
pieces = [chunk.text if isinstance(chunk.text, str) else chunk.text() for chunk in chat.stream("hello")]
bound = chat.bind_tools([set_timer], tool_choice="required")
(call, *_) = bound.invoke("Set a timer for five minutes.").tool_calls
streamed = None
for chunk in bound.stream("Set a timer for five minutes."):
    streamed = chunk if streamed is None else streamed + chunk
assert streamed is not None and streamed.tool_calls[0]["args"] == call["args"]
try:
    ChatOpenAI(**options, temperature=9).invoke("hello")
    error = "none"
except openai.BadRequestError as caught:
    error = f"{caught.status_code} {type(caught).__name__}"
told = {"content": answer.content, "streamed": "".join(pieces), "n_chunks": len(pieces)}
print(json.dumps({**told, "call": call["name"], "arguments": call["args"], "error": error}))
