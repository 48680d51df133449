"""Recogniser → chat with tools → synthesiser, each called by hand, in one process and without a network.

python examples/pipeline.py [QUESTION.wav [ANSWER.wav]]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from electron_local import Electron
from electron_local.demo.recordings import find_recording

INSTRUCTIONS = "You are the voice assistant of a car. Answer in one or two short spoken sentences."
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "set_timer",
            "description": "Start a countdown timer.",
            "parameters": {
                "type": "object",
                "properties": {"minutes": {"type": "integer", "description": "length in minutes"}},
                "required": ["minutes"],
            },
        },
    }
]


def set_timer(minutes: int) -> dict[str, object]:
    return {"minutes": minutes, "status": "ok"}


def main(question: Path, answer: Path) -> None:
    with Electron() as client:
        heard = client.audio.transcriptions.create(file=question).text
        print(f"heard: {heard}")
        messages = [{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": heard}]
        for _ in range(4):
            turn = client.chat.completions.create(model="electron", messages=messages, tools=TOOLS, temperature=0)
            message = turn.choices[0].message
            messages.append(message.model_dump(exclude_none=True))
            for call in message.tool_calls or ():
                result = set_timer(**json.loads(call.function.arguments))
                print(f"{call.function.name}({call.function.arguments}) -> {result}")
                messages.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)})
            if not message.tool_calls:
                break
        print(f"says: {message.content}")
        client.audio.speech.create(input=message.content, voice="wren", response_format="wav").write_to_file(answer)


if __name__ == "__main__":
    paths = [Path(word) for word in sys.argv[1:]]
    main(*(paths or [find_recording("timer").path]), *([Path("answer.wav")] if len(paths) < 2 else []))
