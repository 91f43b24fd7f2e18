"""Categories of own cohorts: the flags of a spec that were one column of a table."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from resistml.features.spec import FeatureSpec

#: The level that the rare levels of a category were put together in.
OTHER = "other"


@dataclass(frozen=True)
class Category:
    """A column of words, and the flag that each word is to the model.

    Attributes
    ----------
    name : str
        The feature's name, ``COLUMN`` of the flags ``COLUMN=LEVEL``.
    source : str
        The column of the training table.
    flags : dict of str to str
        Name of the flag of each level.
    """

    name: str
    source: str
    flags: dict[str, str]

    def given_in(self, columns: Collection[str]) -> list[str]:
        """Names by which a table gives the whole category."""
        return [name for name in dict.fromkeys((self.name, self.source)) if name in columns]


def categories_of(spec: FeatureSpec) -> tuple[Category, ...]:
    """The categories of a spec, in the order of its markers; virtual patients have none."""
    flags: dict[tuple[str, str], dict[str, str]] = {}
    for marker in spec.markers.values():
        if marker.level is not None:
            name = marker.id.removesuffix(f"={marker.level}")
            flags.setdefault((name, marker.source), {})[marker.level] = marker.id
    return tuple(Category(name, source, levels) for (name, source), levels in flags.items())


def template_columns(spec: FeatureSpec, panel: Collection[str]) -> tuple[str, ...]:
    """Columns that a table of profiles needs for a panel: a category once, not its flags."""
    whole = {flag: c.name for c in categories_of(spec) for flag in c.flags.values()}
    return tuple(dict.fromkeys(whole.get(name, name) for name in panel))
