"""YAML without its traps: what a word means does not depend on how it happens to look."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, ClassVar, NoReturn

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
            if isinstance(event, yaml.events.AliasEvent):
                _refuse("aliases are not allowed", event)
            if getattr(event, "tag", None) is not None:
                _refuse(f"tags are not allowed: {event.tag}", event)
            return super().compose_node(parent, index)

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            _refuse_twice(node)
            return super().construct_mapping(node, deep)

    for tag, pattern, first in _PLAIN:
        Strict.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), first)
    Strict.add_constructor("tag:yaml.org,2002:int", _whole)
    return Strict


def _refuse_twice(node: Any) -> None:
    seen: set[str] = set()
    for key_node, _ in node.value:
        key = str(key_node.value)
        if key in seen:
            _refuse(f"key '{key}' stands twice", key_node)
        seen.add(key)


def _whole(loader: Any, node: Any) -> int:
    if len(node.value) > _MOST_DIGITS:
        _refuse("a number has too many digits", node)
    return int(node.value)


def _refuse(problem: str, where: Any) -> NoReturn:
    """Raise with the place of an event or a node."""
    import yaml

    raise yaml.MarkedYAMLError(problem=problem, problem_mark=where.start_mark)
