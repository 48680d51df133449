"""The form for models whose template knows no tools, or whose own form cannot be read: the runtime asks for it.

It is the Hermes form. The tools go into the system message, results into user messages.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from electron_local.chat.tool_formats.hermes import HermesFormat

_INSTRUCTIONS = """\
You can call these functions:
<tools>
{tools}
</tools>
To call one, answer with nothing but a JSON object between these tags, and again for each further call:
<tool_call>
{{"name": <function name>, "arguments": <object of arguments>}}
</tool_call>
The result comes back in <tool_response> tags. Call a function only when the request needs it."""


class GenericFormat(HermesFormat):
    """The Hermes form, prompted for."""

    is_prompted = True

    def fits(self, template: str) -> bool:
        """Any template will do."""
        return True

    def instructions(self, tools: Sequence[dict[str, Any]]) -> str:
        """What the system message has to say."""
        listed = "\n".join(json.dumps(tool["function"], ensure_ascii=False) for tool in tools)
        return _INSTRUCTIONS.format(tools=listed)

    def write_result(self, content: str) -> str:
        """A tool's result, for a user message."""
        return f"<tool_response>\n{content}\n</tool_response>"
