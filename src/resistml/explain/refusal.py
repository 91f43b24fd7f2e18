"""Where an explanation would say nothing, it is refused, with the reason."""

from __future__ import annotations

from resistml.errors import ModelError
from resistml.predict.model import Model

#: Code of the check that finds a model no better than a constant; see `docs/checks.md`.
NO_BETTER = "H01"


def refused(model: Model) -> str:
    """Why a model is not explained; "" where it is.

    A bundle carries the findings of the checks that its run made. One that carries none was not
    judged, and is explained.
    """
    for finding in model.about.get("checks", ()):
        if finding.get("code") == NO_BETTER:
            return f"{NO_BETTER}: {finding.get('message', '')}"
    return ""


def check_explainable(model: Model) -> None:
    """Refuse a model that is no better than a constant.

    Raises
    ------
    ModelError
        With the code and the figures of the check.
    """
    reason = refused(model)
    if reason:
        raise ModelError(
            f"not explained: {reason}",
            allowed="a model that tells patients apart better than a constant for each strategy",
            hint="train on more patients, or look at what `docs/checks.md` says of this code",
        )
