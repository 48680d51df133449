"""Messages and tools to the text that the model continues, through the model's own Jinja template."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from electron_local.chat.control_tokens import ControlTokenGuard
from electron_local.chat.fallback_template import FALLBACK_TEMPLATE
from electron_local.chat.reasoning import detect_reasoning
from electron_local.chat.template_messages import TemplateForms, prepare_messages, prepare_tools
from electron_local.chat.template_profile import probe
from electron_local.chat.tool_formats import GENERIC
from electron_local.chat.tools import ToolFormat, detect_tool_format
from electron_local.errors import BadRequestError, InternalServerError

if TYPE_CHECKING:
    from jinja2 import Template


class ChatTemplate:
    """A chat template, compiled at its first rendering. Any thread may render.

    `source` None: `FALLBACK_TEMPLATE` (ChatML with Hermes tool calls). `control_tokens` are the texts that must not
    act as control tokens where a caller writes them (see `control_tokens.py`).

    >>> template = ChatTemplate(None)
    >>> template.render([{"role": "user", "content": "Hello"}])
    '<|im_start|>user\\nHello<|im_end|>\\n<|im_start|>assistant\\n'
    """

    def __init__(
        self,
        source: str | None,
        *,
        bos_token: str = "",
        eos_token: str = "",
        control_tokens: Iterable[str] = (),
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        self.is_fallback = source is None
        self.source = FALLBACK_TEMPLATE if source is None else source
        self._special = {"bos_token": bos_token, "eos_token": eos_token}
        self._guard = ControlTokenGuard(control_tokens)
        self._now = now

    def render(
        self,
        messages: Sequence[dict[str, Any]],
        tools: Sequence[dict[str, Any]] = (),
        *,
        add_generation_prompt: bool = True,
        instructions: str = "",
    ) -> str:
        """The prompt, with `control_tokens.BREAK` where tokenising must cut.

        Takes messages and tools as `ChatRequest` holds them; `instructions` go behind the system message's. Raises
        BadRequestError (`template_error`) when the template refuses the conversation or fails on it.
        """
        profile = self.forms.profile
        given = prepare_tools(tools, profile, self._guard)
        if given and self.forms.tool_format.is_prompted:
            instructions = "\n\n".join(filter(None, (GENERIC.instructions(given), instructions)))
            given = []
        prepared = prepare_messages(messages, self.forms, self._guard, instructions)
        try:
            return self._render(prepared, given or (None if profile.takes_null_tools else []), add_generation_prompt)
        except Exception as error:
            message = f"the model's chat template refuses this conversation: {error}"
            raise BadRequestError(message, code="template_error", param="messages") from error

    def _render(
        self, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None, add_generation_prompt: bool = True
    ) -> str:
        return self._compiled.render(
            messages=messages,
            tools=tools,
            add_generation_prompt=add_generation_prompt,
            **self._special,
            **self._firefunction(tools),
        )

    def _firefunction(self, tools: list[dict[str, Any]] | None) -> dict[str, str]:
        """The variables that FireFunction's card names and no other family reads."""
        if "functions" not in self.source or "datetime" not in self.source:
            return {}
        return {"functions": json.dumps(tools or [], indent=4), "datetime": self._now().strftime("%Y-%m-%d %H:%M:%S")}

    @cached_property
    def _compiled(self) -> Template:
        from jinja2 import TemplateSyntaxError

        from electron_local.chat.jinja_environment import make_environment

        try:
            return make_environment(self._now, self._guard).from_string(self.source)
        except TemplateSyntaxError as error:
            raise InternalServerError(
                f"the model's chat template does not compile: {error.message} in line {error.lineno}"
            ) from error

    @cached_property
    def forms(self) -> TemplateForms:
        """What the template takes, and how its model writes calls and thoughts. Compiles the template."""
        _ = self._compiled  # a template that does not compile is not one that refuses a role
        profile = probe(self.source, self._render)
        tool_format: ToolFormat = detect_tool_format(self.source) if profile.shows_tools else GENERIC
        return TemplateForms(profile, tool_format, detect_reasoning(self.source))
