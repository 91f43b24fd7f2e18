"""What a request is refused with: a status, a code for programs, words for people."""

from __future__ import annotations

from typing import Any

from resistml.errors import ResistmlError
from resistml.notice import NOTICE

#: Code of each status; those that MLflow's own server has are named as there.
CODES = {
    400: "BAD_REQUEST",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    408: "REQUEST_TIMEOUT",
    413: "REQUEST_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    500: "INTERNAL_ERROR",
}


class Refusal(Exception):
    """A request that is not answered.

    Parameters
    ----------
    status : int
        Of HTTP; a key of :data:`CODES`.
    message : str
        What is wrong, and where.
    allowed, hint : str, optional
        What would have been right, and how to mend it.
    """

    def __init__(
        self, status: int, message: str, *, allowed: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.allowed, self.hint = status, message, allowed, hint

    @classmethod
    def of(cls, exc: ResistmlError) -> Refusal:
        """That of an error of ours: the request's fault, unless the error says that it is ours."""
        where = str(exc).partition("\n")[0]
        status = 400 if exc.exit_code != 1 else 500
        return cls(status, where, allowed=exc.allowed, hint=exc.hint)

    def to_json(self) -> dict[str, Any]:
        """The body of the answer."""
        return {
            "notice": NOTICE,
            "error_code": CODES[self.status],
            "message": self.message,
            "allowed": self.allowed,
            "hint": self.hint,
        }
