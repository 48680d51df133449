"""The forms in which model families write tool calls, one a file."""

from electron_local.chat.tool_formats.hermes import HermesFormat
from electron_local.chat.tools import ToolFormat

FORMATS: tuple[ToolFormat, ...] = (HermesFormat(),)
