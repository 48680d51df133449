"""The error tree, shaped like the OpenAI SDK's: one class a status.

Every message says what is wrong, the bad value and the limit. The core raises the same classes.
"""

from __future__ import annotations

from typing import Any


class ElectronError(Exception):
    """Base of every error that electron_local raises on purpose."""


class InvalidArgumentError(ElectronError, ValueError):
    """A value outside its documented range, passed to a function that is not a chat request."""


class ModelLoadError(ElectronError):
    """A model file is missing, damaged, or of a kind that the runtime cannot run."""


class DownloadError(ElectronError):
    """A file could not be fetched, or is not the file it should be."""


class LengthFinishReasonError(ElectronError):
    """Tokens ran out before an answer that was to be parsed had ended; `completion` holds what there is of it."""

    def __init__(self, message: str, *, completion: Any) -> None:
        super().__init__(message)
        self.completion = completion


class MissingDependencyError(ElectronError, ImportError):
    """An optional package or system library is needed and absent; the message names the extra."""


class DeviceError(ElectronError):
    """No usable audio device, or it vanished."""


class AudioFormatError(ElectronError, ValueError):
    """A recording in a format that cannot be read, or that cannot be converted rightly."""


class SpeechEngineError(ElectronError):
    """A recogniser or synthesiser failed."""


class APIError(ElectronError):
    """An error with a place on the wire (PROTOCOL: Errors).

    Attributes: `message`, `status_code`, `type`, `code`, `param`, `details` (list of
    `{"code", "message", "path"}`, validation failures only) and `request_id`.
    """

    status_code = 500
    type = "api_error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        details: list[dict[str, Any]] | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param
        self.details = details
        self.request_id = request_id

    def body(self) -> dict[str, Any]:
        """The JSON object that goes over the wire."""
        error: dict[str, Any] = {
            "message": self.message,
            "type": self.type,
            "code": self.code,
            "param": self.param,
            "request_id": self.request_id,
        }
        if self.details is not None:
            error["details"] = self.details
        return {"error": error}


class BadRequestError(APIError):
    """400: the request breaks a rule; `details` says which and where."""

    status_code = 400
    type = "invalid_request_error"


class ContextLengthExceededError(BadRequestError):
    """400: prompt and output do not fit into the context; the message gives both counts."""

    def __init__(self, message: str, **kwargs: Any) -> None:
        super().__init__(message, **{"code": "context_length_exceeded", "param": "messages", **kwargs})


class AuthenticationError(APIError):
    """401: no API key, or none that the server knows."""

    status_code = 401
    type = "authentication_error"

    def __init__(self, message: str, **kwargs: Any) -> None:
        super().__init__(message, **{"code": "invalid_api_key", **kwargs})


class PermissionDeniedError(APIError):
    """403: this caller may not ask."""

    status_code = 403
    type = "permission_error"


class NotFoundError(APIError):
    """404: an unknown model or path."""

    status_code = 404
    type = "invalid_request_error"


class MethodNotAllowedError(APIError):
    """405: the path exists, but not for this method; `allow` lists those it takes."""

    status_code = 405
    type = "invalid_request_error"

    def __init__(self, message: str, *, allow: str, **kwargs: Any) -> None:
        super().__init__(message, **{"code": "method_not_allowed", **kwargs})
        self.allow = allow


class RequestTimeoutError(APIError):
    """408: something took longer than it may; the body did not arrive in time."""

    status_code = 408
    type = "invalid_request_error"

    def __init__(self, message: str, **kwargs: Any) -> None:
        super().__init__(message, **{"code": "request_timeout", **kwargs})


class DeadlineExceededError(RequestTimeoutError):
    """408: the time that the request allowed passed before its answer was complete."""

    def __init__(self, message: str, **kwargs: Any) -> None:
        super().__init__(message, **{"code": "deadline_exceeded", **kwargs})


class RequestTooLargeError(APIError):
    """413: the body has more bytes than the server takes."""

    status_code = 413
    type = "invalid_request_error"

    def __init__(self, message: str, **kwargs: Any) -> None:
        super().__init__(message, **{"code": "request_too_large", **kwargs})


class RateLimitError(APIError):
    """429: the plan allows no request now; another may come after `retry_after_s`."""

    status_code = 429
    type = "rate_limit_error"

    def __init__(self, message: str, *, retry_after_s: int, **kwargs: Any) -> None:
        super().__init__(message, **{"code": "rate_limit_exceeded", **kwargs})
        self.retry_after_s = retry_after_s


class OverloadedError(APIError):
    """503: the queue is full, or the engine is closed; another try may come after `retry_after_s`."""

    status_code = 503
    type = "overloaded_error"

    def __init__(self, message: str, *, retry_after_s: int = 1, **kwargs: Any) -> None:
        super().__init__(message, **kwargs)
        self.retry_after_s = retry_after_s


class InternalServerError(APIError):
    """500: a fault of the runtime."""
