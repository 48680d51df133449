"""The OpenAI-shaped client of a model in this very process: `Electron` and `AsyncElectron`."""

from __future__ import annotations

import os
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from electron_local.chat.completions import ChatPath
from electron_local.chat.resources import AsyncChat, AsyncModels, Chat, Models
from electron_local.engine import Engine, EngineOptions
from electron_local.errors import InvalidArgumentError, OverloadedError
from electron_local.model_files import bundled_model

if TYPE_CHECKING:
    from electron_local.audio_api.path import AudioPath
    from electron_local.audio_api.resources import AsyncAudio, Audio
    from electron_local.speech.base import SpeechToText, TextToSpeech

ModelPath = str | os.PathLike[str]


class _Client:
    """What both clients are made of: an engine, owned or shared, and the chat path over it."""

    def __init__(
        self,
        model: ModelPath | None = None,
        *,
        n_ctx: int | None = None,
        cache_tokens: int | Literal["auto"] = "auto",
        n_threads: int | None = None,
        cache_dir: ModelPath | None = None,
        cache_dir_bytes: int = EngineOptions.cache_dir_bytes,
        lora: ModelPath | None = None,
        draft_model: ModelPath | None = None,
        speech_to_text: str | SpeechToText | None = None,
        text_to_speech: str | TextToSpeech | None = None,
        engine: Engine | None = None,
    ) -> None:
        given = (model, n_ctx, cache_tokens, n_threads, cache_dir, lora, draft_model)
        if engine is not None and given != (None, None, "auto", None, None, None, None):
            raise InvalidArgumentError(
                "engine= brings its own model, n_ctx, cache_tokens, n_threads, cache_dir, lora and draft_model; "
                "leave those out"
            )
        self._owns_engine = engine is None
        if engine is None:
            path = bundled_model() if model is None else model
            n_cells = None if cache_tokens == "auto" else cache_tokens
            options = EngineOptions(
                n_ctx=n_ctx,
                cache_tokens=n_cells,
                n_threads=n_threads,
                cache_dir=cache_dir,
                cache_dir_bytes=cache_dir_bytes,
                lora=lora,
                draft_model=draft_model,
            )
            engine = Engine(path, options=options)
        self.engine = engine
        self._path: ChatPath | None = ChatPath(engine)
        self._speech_engines = (speech_to_text, text_to_speech)
        self._audio_path: AudioPath | None = None  # made when first used: a client that only writes needs no NumPy
        self._audio_lock = threading.Lock()

    @property
    def chat_path(self) -> ChatPath:
        """The chat path, for other doors to it. Raises OverloadedError once the client is closed."""
        return self._open()

    @property
    def audio_path(self) -> AudioPath:
        """The path of speech and transcripts, for other doors to it. Raises OverloadedError once it is closed."""
        from electron_local.audio_api.path import AudioPath
        from electron_local.speech.engines import SpeechEngines

        with self._audio_lock:
            self._open()
            if self._audio_path is None:
                self._audio_path = AudioPath(SpeechEngines(*self._speech_engines))
            return self._audio_path

    @property
    def judges_end_of_turn(self) -> bool:
        """Whether the model was trained to tell when a user has finished (`chat.completions.end_of_turn`)."""
        return self.engine.model.judges_end_of_turn

    def stats(self) -> dict[str, Any]:
        """Counters of the engine since it was made, and where its prefix cache helps.

        Of the request that ended last: `last_prompt_tokens`, `last_match_tokens` of which were cached, and
        `last_match_end`, why no more were. `template_history`: for kinds of conversations whether the model's template
        keeps what it wrote before (`kept`), writes the last answer anew (`answers anew`) or more (`rewritten`).
        """
        stats = self.engine.stats()
        return stats if self._path is None else {**stats, "template_history": self._path.template_history}

    def _open(self) -> ChatPath:
        """The chat path. Raises OverloadedError once the client is closed."""
        if self._path is None:
            raise OverloadedError("this client is closed")
        return self._path

    def _close(self) -> None:
        with self._audio_lock:
            self._path = None
            if self._audio_path is not None:
                self._audio_path.close()
        if self._owns_engine:
            self.engine.close()


class Electron(_Client):
    """Chat with a model in this process.

    Args:
        model: a GGUF file; None: the bundled model.
        n_ctx: tokens a request may use, input and output together; None: the model's limit, at most 32,768.
        cache_tokens: tokens that the live prefix cache may hold, all conversations together; "auto": at least one
            request's, and more as the memory left beside the model allows (a container's limit counts). An `n_ctx` that
            was not given shrinks where memory does not suffice.
        n_threads: threads of a decode step; None: chosen for the machine.
        cache_dir: a directory where pinned prefixes (`chat.completions.prefill`) are kept on disk, so that a restart
            need not read them again. Processes and models may share it. None: nowhere.
        cache_dir_bytes: what they may take there together; the least recently used go first.
        lora: a GGUF file with a LoRA adapter for the model.
        draft_model: a smaller GGUF file with the same vocabulary, whose guesses the model verifies several at a time;
            but for rounding the answers stay the same.
        speech_to_text: the recogniser behind `audio.transcriptions`: an object, a name, or `NAME:MODEL`.
        text_to_speech: the synthesiser behind `audio.speech`, likewise. Both are made when first used.
        engine: an engine to share with other clients instead; closing the client leaves it open.

    Raises:
        ModelLoadError: the model is missing or cannot be run.
        InvalidArgumentError: an option outside its range.

    >>> with Electron() as client:
    ...     answer = client.chat.completions.create(
    ...         model="electron", messages=[{"role": "user", "content": "hello"}], max_tokens=4
    ...     )
    >>> answer.choices[0].message.role
    'assistant'
    """

    @property
    def chat(self) -> Chat:
        """`client.chat.completions`."""
        return Chat(self._open)

    @property
    def audio(self) -> Audio:
        """`client.audio.speech` and `client.audio.transcriptions`."""
        from electron_local.audio_api.resources import Audio

        return Audio(lambda: self.audio_path)

    @property
    def models(self) -> Models:
        """`client.models.list()`."""
        return Models(self._open)

    def close(self) -> None:
        """Free the model, unless the engine is shared. Running answers end. Idempotent."""
        self._close()

    def __enter__(self) -> Electron:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncElectron(_Client):
    """`Electron`, awaited. Arguments and errors are the same; making one loads the model in the calling thread.

    >>> import asyncio
    >>> async def ask():
    ...     async with AsyncElectron() as client:
    ...         return await client.chat.completions.create(
    ...             model="electron", messages=[{"role": "user", "content": "hello"}], max_tokens=4
    ...         )
    >>> asyncio.run(ask()).object
    'chat.completion'
    """

    @property
    def chat(self) -> AsyncChat:
        """`client.chat.completions`."""
        return AsyncChat(self._open)

    @property
    def audio(self) -> AsyncAudio:
        """`client.audio.speech` and `client.audio.transcriptions`."""
        from electron_local.audio_api.resources import AsyncAudio

        return AsyncAudio(lambda: self.audio_path)

    @property
    def models(self) -> AsyncModels:
        """`client.models.list()`."""
        return AsyncModels(self._open)

    async def close(self) -> None:
        """Free the model, unless the engine is shared. Running answers end. Idempotent."""
        import asyncio

        await asyncio.to_thread(self._close)

    async def __aenter__(self) -> AsyncElectron:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
