"""The decoding engine: token ids in, text events out, and a prefix cache that tells the truth.

A thin face of `_core.Engine`: one decode thread a model, which never runs Python. Everything here may be called
from any thread.
"""

from __future__ import annotations

import operator
import os
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex

from electron_local import _core, amx
from electron_local.alternatives import Alternatives
from electron_local.errors import InvalidArgumentError, MissingDependencyError, OverloadedError
from electron_local.generation import FinishReason, Generation, SamplingParams, Usage, forward_log
from electron_local.grammar import Constraint, Grammar, find_library
from electron_local.loading import Loads
from electron_local.tuning.choices import DEFAULT_BATCH, Choices, Tune, choose

if TYPE_CHECKING:  # numpy costs more than everything else that a first token needs
    import numpy as np
    import numpy.typing as npt

__all__ = ["Engine", "EngineOptions", "FinishReason", "Generation", "SamplingParams", "Usage"]

_loads = Loads()
_MOST, _MOST_BYTES = 2**31 - 1, 2**63 - 1  # of the core's integers


@dataclass(frozen=True)
class EngineOptions:
    """How a model is loaded and run."""

    n_ctx: int | None = None  # tokens a request, input and output; None: the model's limit, at most 32768
    n_batch: int | None = None  # tokens in one prefill step; None: as measured, else 512
    n_threads: int | None = None  # exactly; None: as many as find a free core, 1 for a small model
    n_queue: int = 64  # requests that may wait
    n_parallel: int = 8  # requests that decode together
    n_cached: int | None = None  # conversations that stay in the live cache; None: chosen for the model
    cache_tokens: int | None = None  # cells of the live cache, all requests together; None: what memory allows
    host_bytes: int | None = None  # host memory for conversations that left the live cache; None: likewise
    use_prefix_cache: bool = True  # False: every prompt is evaluated whole
    use_extra_bufts: bool | None = None  # repacked weights; None: yes, unless their AMX kernels crash here
    lora: str | os.PathLike[str] | None = None  # a GGUF file with a LoRA adapter for the model
    cache_dir: str | os.PathLike[str] | None = None  # where pinned prefixes are kept on disk; None: nowhere
    cache_dir_bytes: int = 2**30  # what they may take there, other models' included; the least recently used go
    flash_attention: bool | None = None  # None: as measured, else on where it is ours or the model small
    speculation: Literal["auto", "off", "always"] = "auto"  # guess tokens ahead: where it pays, never, where possible
    draft_model: str | os.PathLike[str] | None = None  # a smaller GGUF with the same vocabulary, to guess with
    kv_type: Literal["f16", "q8_0"] | None = None  # of keys and values; None: f16. q8_0 is half the size, and not exact
    tune: Tune = "auto"  # "auto": use what `doctor --tune` measured; "measure": measure at first load; "off": neither


class Engine:
    """A loaded model with its decode thread.

    Args:
        model_path: a GGUF file of a decoder-only language model.
        options: see EngineOptions.

    Raises:
        ModelLoadError: the file is missing, damaged, not GGUF, holds no tokenizer, or memory does not suffice.
        InvalidArgumentError: an option outside its range, or a draft model with another vocabulary.

    >>> from electron_local.model_files import bundled_model
    >>> with Engine(bundled_model(), options=EngineOptions(n_ctx=256)) as engine:
    ...     tokens = engine.tokenize("hello")
    ...     generation = engine.submit(tokens, SamplingParams(temperature=0, max_tokens=3))
    ...     events = list(generation)
    >>> generation.usage.prompt_tokens == len(tokens), generation.finish_reason in ("stop", "length")
    (True, True)
    """

    def __init__(self, model_path: str | os.PathLike[str], *, options: EngineOptions | None = None) -> None:
        options = options or EngineOptions()
        self.options = options
        core_options = _core.EngineOptions()
        core_options.n_ctx = _bounded("n_ctx", options.n_ctx, 1)
        self._choices = _choices(Path(model_path), options)
        chosen = self._choices.values
        core_options.n_batch = DEFAULT_BATCH if chosen["n_batch"] is None else chosen["n_batch"]
        core_options.n_threads = chosen["n_threads"] or 0
        core_options.n_threads_limit = self._choices.n_threads_limit or 0
        core_options.flash_attention = chosen["flash_attention"]
        core_options.quantised_kv = chosen["kv_type"] == "q8_0"
        core_options.n_queue = _bounded("n_queue", options.n_queue, 1)
        core_options.n_parallel = _bounded("n_parallel", options.n_parallel, 1)
        core_options.n_cached = None if options.n_cached is None else _bounded("n_cached", options.n_cached, 0)
        core_options.cache_tokens = _bounded("cache_tokens", options.cache_tokens, 1)
        core_options.host_bytes = (
            None if options.host_bytes is None else _bounded("host_bytes", options.host_bytes, 0, _MOST_BYTES)
        )
        core_options.grammar_library = _grammar_library()
        core_options.use_prefix_cache = options.use_prefix_cache
        core_options.speculation = options.speculation
        core_options.draft_model = _path("draft_model", options.draft_model)
        core_options.lora = _path("lora", options.lora)
        core_options.snapshot_dir = _path("cache_dir", options.cache_dir)
        core_options.snapshot_bytes = _bounded("cache_dir_bytes", options.cache_dir_bytes, 0, _MOST_BYTES)
        if options.use_extra_bufts is None:
            core_options.use_extra_bufts = amx.extra_bufts_are_safe()
        else:
            core_options.use_extra_bufts = options.use_extra_bufts
        with _loads:
            try:
                self._core = _core.Engine(str(Path(model_path)), core_options)
            finally:
                forward_log()
            if _loads.has_ended:  # nobody is there to close it
                self._core.close()
        self._pid = os.getpid()
        # The decode thread must be gone before the interpreter is.
        self._finalizer = weakref.finalize(self, _close_in, self._pid, self._core)

    @property
    def model(self) -> _core.ModelInfo:
        """Name, architecture, sizes, chat template and special tokens of the model."""
        return self._core.model

    @property
    def n_ctx(self) -> int:
        """Tokens that one request may use, input and output together."""
        return self._core.n_ctx

    @property
    def settings(self) -> _core.Settings:
        """What the options left open, settled for this model: threads, cells, flash attention and so on."""
        return self._core.settings

    @property
    def reasons(self) -> dict[str, str]:
        """Where the settings come from: "yours" (an option or the environment), "measured" or "default"."""
        return dict(self._choices.reasons)

    def tokenize(self, text: str, *, add_special: bool = False, parse_special: bool = True) -> list[int]:
        """Token ids of `text`. `parse_special`: control tokens written out in it become single tokens."""
        return self._core.tokenize(text, add_special, parse_special)

    def detokenize(self, tokens: Sequence[int], *, special: bool = False) -> str:
        """Text of `tokens`; bytes that form no character become U+FFFD. Raises InvalidArgumentError for a bad id."""
        return self._core.detokenize(list(tokens), special).decode("utf-8", errors="replace")

    def token_bytes(self, token: int) -> bytes:
        """The bytes of one token, not necessarily whole characters. Raises InvalidArgumentError for a bad id."""
        return self._core.detokenize([token], True)

    def submit(
        self,
        tokens: Sequence[int],
        params: SamplingParams | None = None,
        *,
        priority: int = 0,
        constraint: Constraint | None = None,
        alternatives: Sequence[Alternatives] = (),
    ) -> Generation:
        """Queue a request. A higher `priority` goes first; the answer keeps to `constraint`, and ends in it
        within `max_tokens` where that can be. `alternatives`: where it may go several ways, see there.

        Raises:
            InvalidArgumentError: empty prompt, token id outside the vocabulary, parameter outside its range, a grammar
                that cannot be enforced, alternatives that do not begin alike.
            ContextLengthExceededError: prompt and `max_tokens` do not fit into `n_ctx`.
            OverloadedError: the queue is full, or the engine is closed.
        """
        self._check_process()
        spec = None if constraint is None else constraint.to_core()
        ways = [each.to_core() for each in alternatives]
        return Generation(self._core.submit(list(tokens), (params or SamplingParams()).to_core(), priority, spec, ways))

    def refusal(self, grammar: Grammar) -> str | None:
        """Why `grammar` cannot be enforced; None when it can. Compiles it, which a request then finds done."""
        self._check_process()
        return self._core.refusal(_core.GrammarSpec(grammar.kind, grammar.text))

    def prefill(self, tokens: Sequence[int], *, pin: bool = False, conversation: str | None = None) -> Usage:
        """Evaluate `tokens` without generating, so that a request that begins with them starts sooner. Waits.

        `pin`: they are evicted after everything else (what is pinned together may take half of the cells; beyond
        that the oldest is unpinned), and with `cache_dir` they are kept on disk, written in the background.
        `conversation`: a later prefill of the same name cancels this one if it still runs, evaluates only what
        differs, and frees the cells of the tail that changed. A cancelled prefill returns its counts too.
        """
        return self._start_prefill(tokens, pin, conversation).wait()

    async def aprefill(self, tokens: Sequence[int], *, pin: bool = False, conversation: str | None = None) -> Usage:
        """`prefill`, awaited. Cancelling the task cancels the computation; what is done stays in the cache."""
        return await self._start_prefill(tokens, pin, conversation).await_end()

    def _start_prefill(self, tokens: Sequence[int], pin: bool, conversation: str | None) -> Generation:
        self._check_process()
        if conversation is not None and not isinstance(conversation, str):
            raise InvalidArgumentError(f"conversation must be a name, got {conversation!r}")
        return Generation(self._core.prefill(list(tokens), pin, conversation or ""))

    def logits(self, tokens: Sequence[int]) -> npt.NDArray[np.float32]:
        """Logits behind every token, shape (len(tokens), n_vocab), float32; computed without the prefix cache."""
        self._check_process()
        return self._core.logits(list(tokens))

    def stats(self) -> dict[str, Any]:
        """Counters since the engine was made; `evaluated_tokens` is counted at the decoder, `cache` is a dict too.

        Of `drafted_tokens`, guessed ahead, `accepted_tokens` became part of an answer; the rest was evaluated in vain.
        `questions` (see Alternatives) are no requests; what they evaluate and find in the cache counts with the rest.
        """
        self._check_process()
        stats = self._core.stats
        return {**_fields(stats), "cache": _fields(stats.cache)}

    def close(self) -> None:
        """Cancel what runs and what waits, and end the decode thread. Idempotent."""
        self._finalizer()

    def _check_process(self) -> None:
        if os.getpid() != self._pid:
            raise OverloadedError("this engine was made before a fork; make a new one in the child process")

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _bounded(name: str, value: int | None, low: int, high: int = _MOST) -> int:
    """`value`, or the core's 0 for None."""
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        raise InvalidArgumentError(f"{name} must be a whole number, got {value!r}")
    value = operator.index(value)
    if value < low:
        raise InvalidArgumentError(f"{name} must be at least {low}, got {value}")
    if value > high:
        raise InvalidArgumentError(f"{name} must be at most {high}")
    return value


def _choices(model: Path, options: EngineOptions) -> Choices:
    for name in ("n_batch", "n_threads"):
        _bounded(name, getattr(options, name), 1)
    names = ("flash_attention", "n_batch", "n_threads", "kv_type")
    return choose(model, {name: getattr(options, name) for name in names}, options.tune)


def _path(name: str, path: str | os.PathLike[str] | None) -> str:
    """As text, or the core's empty one for None."""
    if path is None:
        return ""
    if not os.fspath(path):
        raise InvalidArgumentError(f"{name} must be a path or None, got {path!r}")
    return str(Path(path))


def _fields(counters: _core.EngineStats | _core.CacheStats) -> dict[str, Any]:
    return {name: getattr(counters, name) for name in dir(counters) if not name.startswith("_")}


def _grammar_library() -> str:
    """Empty where the library is missing: only a request that needs it fails then."""
    try:
        return str(find_library())
    except MissingDependencyError:
        return ""


def _close_in(pid: int, core: _core.Engine) -> None:
    if os.getpid() == pid:  # a forked child has no decode thread to join
        core.close()
        forward_log()
