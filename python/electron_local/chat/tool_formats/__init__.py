"""The forms in which model families write tool calls, one a file."""

from electron_local.chat.tool_formats.deepseek import DEEPSEEK_R1, DEEPSEEK_V3
from electron_local.chat.tool_formats.gemma import FUNCTION_GEMMA, GEMMA_4
from electron_local.chat.tool_formats.generic import GenericFormat
from electron_local.chat.tool_formats.glm import GLM, GLM_COMPACT
from electron_local.chat.tool_formats.hermes import HermesFormat
from electron_local.chat.tool_formats.json_list import APRIEL, FIREFUNCTION, GRANITE, MISTRAL_LIST, NEMOTRON
from electron_local.chat.tool_formats.kimi import KimiFormat
from electron_local.chat.tool_formats.lfm2 import Lfm2Format
from electron_local.chat.tool_formats.llama import LlamaFormat
from electron_local.chat.tool_formats.mistral import MistralFormat
from electron_local.chat.tool_formats.qwen_coder import QWEN_CODER, SEED
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
    QWEN_CODER,
    SEED,
    GLM_COMPACT,
    GLM,
    KimiFormat(),
    DEEPSEEK_V3,
    DEEPSEEK_R1,
)
GENERIC = GenericFormat()
