"""The vendor's own SDK: it reads whole answers, so the streamed one is read from its raw response."""

import json
import os

from smallestai import SmallestAI
from smallestai.core.api_error import ApiError
from smallestai.environment import SmallestAIEnvironment

URL = os.environ["BASE_URL"]
HELLO = [{"role": "user", "content": "hello"}]
TIMER = [{"role": "user", "content": "Set a timer for five minutes."}]
PARAMETERS = {"type": "object", "properties": {"minutes": {"type": "integer"}}, "required": ["minutes"]}
TOOLS = [{"type": "function", "function": {"name": "set_timer", "description": "Set it.", "parameters": PARAMETERS}}]

environment = SmallestAIEnvironment(atoms=URL, waves=URL, waves_ws=URL.replace("http", "ws"), payment=URL)
electron = SmallestAI(environment=environment, api_key=os.environ["API_KEY"]).waves.electron
answer = electron.complete(model="electron", messages=HELLO, temperature=0)
called = electron.complete(model="electron", messages=TIMER, tools=TOOLS, tool_choice="required", temperature=0)
(call, *_) = called.choices[0].message.tool_calls
try:
    electron.complete(model="electron", messages=HELLO, temperature=9)
    error = "none"
except ApiError as caught:
    error = f"{caught.status_code} {type(caught).__name__}"

import httpx  # noqa: E402 - the SDK has no reader for streams; this is the client that it uses

pieces = []
with httpx.stream(
    "POST",
    URL + "/waves/v1/chat/completions",
    headers={"Authorization": "Bearer " + os.environ["API_KEY"]},
    json={"model": "electron", "messages": HELLO, "temperature": 0, "stream": True},
) as response:
    for line in response.iter_lines():
        if line.startswith("data: {"):
            pieces.append(json.loads(line[6:])["choices"][0]["delta"].get("content") or "")
function = call["function"] if isinstance(call, dict) else call.function
name, arguments = (
    (function["name"], function["arguments"]) if isinstance(function, dict) else (function.name, function.arguments)
)
told = {"content": answer.choices[0].message.content, "streamed": "".join(pieces), "n_chunks": len(pieces)}
print(json.dumps({**told, "call": name, "arguments": json.loads(arguments), "error": error}))
