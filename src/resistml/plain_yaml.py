"""YAML without its traps: what a word means does not depend on how it happens to look."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, ClassVar

#: Digits of the longest whole number.
_MOST_DIGITS = 40

#: Plain words that are no text, as in YAML 1.2's core schema: tag, pattern, first characters.
_PLAIN = (
    ("null", r"(?:~|null|Null|NULL|)\Z", ["~", "n", "N", ""]),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)\Z", list("tTfF")),
    ("int", r"[-+]?[0-9]+\Z", list("-+0123456789")),
    (
        "float",
        r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z",
        list("-+.0123456789"),
    ),
)


def parse_yaml(text: str) -> Any:
    """Parse YAML strictly: no key twice, no aliases, no tags, no surprises.

    Plain words mean what YAML 1.2 says: ``1e-3`` is a number, ``010`` is ten, and ``no``,
    ``on``, ``1:30`` and ``2024-01-01`` are text.

    Raises
    ------
    ValueError
        With the line where the text stops being such YAML.
    """
    import yaml

    try:
        return yaml.load(text, Loader=_strict_loader())  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(exc, "problem", None) or getattr(exc, "reason", None)
        raise ValueError(f"{line}{problem or 'is not valid YAML'}") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None


@cache
def _strict_loader() -> Any:
    """The loader class; made on first use, since yaml is not always needed."""
    import yaml

    class Strict(yaml.SafeLoader):
        yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}  # type: ignore[misc]

        def compose_node(self, parent: Any, index: Any) -> Any:
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            problem, mark = None, event.start_mark
            if isinstance(event, yaml.events.AliasEvent):
                problem = "aliases are not allowed"
            elif getattr(event, "tag", None) is not None:
                problem = f"tags are not allowed: {event.tag}"
            if problem:
                raise yaml.composer.ComposerError(None, None, problem, mark)
            return super().compose_node(parent, index)

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            seen: set[str] = set()
            for key_node, _ in node.value:
                key = str(key_node.value)
                if key in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"key '{key}' stands twice", key_node.start_mark
                    )
                seen.add(key)
            return super().construct_mapping(node, deep)

        def construct_whole(self, node: Any) -> int:
            if len(node.value) > _MOST_DIGITS:
                raise yaml.constructor.ConstructorError(
                    None, None, "a number has too many digits", node.start_mark
                )
            return int(node.value)

    for tag, pattern, first in _PLAIN:
        Strict.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), first)
    Strict.add_constructor("tag:yaml.org,2002:int", Strict.construct_whole)
    return Strict
