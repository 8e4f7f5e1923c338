"""Parameters: numbers and lists of the law, dated, cited, and with the day a person last checked them.

The trap guarded against: a number that changed its value for the past. A value holds from a day to a day, and an
operator's own value goes over ours from its day on without touching the file it came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from gatebook.errors import LawError
from gatebook.terms.determination import Standing


@dataclass(frozen=True, slots=True)
class DatedValue:
    """One value with its days (``ends`` exclusive), citation, standing, and whether the source text was read."""

    begins: date
    ends: date | None
    value: Any
    cites: str
    standing: Standing
    confirmed: bool
    checked_on: date


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named parameter and its values in order of days."""

    name: str
    means: str
    unit: str
    values: tuple[DatedValue, ...]

    def on(self, day: date) -> DatedValue | None:
        """Return the value that holds on ``day``, or None."""
        return next((v for v in self.values if v.begins <= day and (v.ends is None or day < v.ends)), None)


def parse_parameter(name: str, text: str) -> Parameter:
    """Read one parameter file. Raises LawError naming the parameter and what is wrong with it."""
    try:
        data = yaml.safe_load(text)
        values = tuple(
            DatedValue(
                v["begins"],
                v.get("ends"),
                v["value"],
                v["cites"],
                Standing(v["standing"]),
                v["confirmed"],
                v["checked_on"],
            )
            for v in data["values"]
        )
        parameter = Parameter(name, data["means"], data.get("unit", ""), values)
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise LawError(f"the parameter {name} cannot be read: {type(error).__name__}") from None
    _check(parameter)
    return parameter


def _check(parameter: Parameter) -> None:
    for value in parameter.values:
        if not value.cites or type(value.begins) is not date or (value.ends and value.ends <= value.begins):
            raise LawError(f"a value of {parameter.name} has no citation, or no proper days")
    for earlier, later in zip(parameter.values, parameter.values[1:], strict=False):
        if earlier.ends != later.begins:
            raise LawError(f"the days of {parameter.name} leave a gap or overlap")


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of one day. Reading one that has no value that day raises LawError."""

    held: Mapping[str, DatedValue]

    def names(self) -> list[str]:
        """Return the names of all parameters that have a value, in order."""
        return sorted(self.held)

    def value(self, name: str) -> Any:  # noqa: ANN401  a parameter may be a number, a text, a list or a table
        """Return the value as it stands in the file."""
        if name not in self.held:
            raise LawError(f"the parameter {name} has no value on this day")
        return self.held[name].value

    def number(self, name: str) -> int:
        """Return a whole number."""
        return int(self.value(name))

    def text(self, name: str) -> str:
        """Return a text."""
        return str(self.value(name))

    def flag(self, name: str) -> bool:
        """Return a yes or no."""
        return bool(self.value(name))

    def table(self, name: str) -> Mapping[str, Any]:
        """Return a table by name."""
        return dict(self.value(name))
