"""The forms in which model families write tool calls, one a file."""

from electron_local.chat.tool_formats.gemma import FUNCTION_GEMMA, GEMMA_4
from electron_local.chat.tool_formats.generic import GenericFormat
from electron_local.chat.tool_formats.hermes import HermesFormat
from electron_local.chat.tool_formats.json_list import APRIEL, FIREFUNCTION, GRANITE, MISTRAL_LIST, NEMOTRON
from electron_local.chat.tool_formats.lfm2 import Lfm2Format
from electron_local.chat.tool_formats.llama import LlamaFormat
from electron_local.chat.tool_formats.mistral import MistralFormat
from electron_local.chat.tools import ToolFormat

FORMATS: tuple[ToolFormat, ...] = (
    APRIEL,
    HermesFormat(),
    LlamaFormat(),
    MistralFormat(),
    MISTRAL_LIST,
    GEMMA_4,
    FUNCTION_GEMMA,
    Lfm2Format(),
    GRANITE,
    NEMOTRON,
    FIREFUNCTION,
)
GENERIC = GenericFormat()
