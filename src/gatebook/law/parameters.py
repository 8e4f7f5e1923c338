"""Parameters: numbers and lists of the law, dated, cited, and with the day a person last checked them.

The trap guarded against: a number that changed its value for the past. A value holds from a day to a day, and an
operator's own value goes over ours from its day on without touching the file it came from.
"""

from __future__ import annotations

import re
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
    """A named parameter and its values in order of days.

    ``choices``, when there are any, are all that a text may be. ``form`` is a regular expression that every key of a
    table, or else every text, has to match whole.
    """

    name: str
    means: str
    unit: str
    values: tuple[DatedValue, ...]
    choices: tuple[str, ...] = ()
    form: str = ""

    def on(self, day: date) -> DatedValue | None:
        """Return the value that holds on ``day``, or None."""
        return next((v for v in self.values if v.begins <= day and (v.ends is None or day < v.ends)), None)


_KEYS = frozenset({"means", "unit", "choices", "form", "values"})
_VALUE_KEYS = frozenset({"begins", "ends", "value", "cites", "standing", "confirmed", "checked_on"})


def parse_parameter(name: str, text: str) -> Parameter:
    """Read one parameter file. Raises LawError naming the parameter and what is wrong with it."""
    try:
        data = yaml.safe_load(text)
        unknown = set(data) - _KEYS | {key for entry in data["values"] for key in set(entry) - _VALUE_KEYS}
        values = tuple(_dated(entry) for entry in data["values"])
        choices, form = tuple(data.get("choices", ())), str(data.get("form", ""))
        parameter = Parameter(name, data["means"], data.get("unit", ""), values, choices, re.compile(form).pattern)
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError, re.error) as error:
        raise LawError(f"the parameter {name} cannot be read: {type(error).__name__}") from None
    if unknown:
        raise LawError(f"the parameter {name} has a key it cannot have: {min(map(str, unknown))}")
    _check(parameter)
    return parameter


def _dated(entry: dict[str, Any]) -> DatedValue:
    return DatedValue(
        entry["begins"],
        entry.get("ends"),
        entry["value"],
        entry["cites"],
        Standing(entry["standing"]),
        entry["confirmed"],
        entry["checked_on"],
    )


def _check(parameter: Parameter) -> None:
    for value in parameter.values:
        if not isinstance(value.cites, str) or not value.cites.strip() or not _has_days(value):
            raise LawError(f"a value of {parameter.name} has no citation, or no proper days")
        if type(value.confirmed) is not bool:
            raise LawError(f"a value of {parameter.name} has to say yes or no to confirmed")
    for earlier, later in zip(parameter.values, parameter.values[1:], strict=False):
        if earlier.ends != later.begins:
            raise LawError(f"the days of {parameter.name} leave a gap or overlap")
    if parameter.values:  # an empty file is refused by the tree, which can say first whether anybody knows the name
        check_override(parameter, parameter)


def _has_days(value: DatedValue) -> bool:
    if type(value.begins) is not date or type(value.checked_on) is not date:
        return False
    return value.ends is None or (type(value.ends) is date and value.begins < value.ends)


def check_override(ours: Parameter, yours: Parameter) -> None:
    """Refuse a value that is not of the kind, or not among the choices, of ours.

    A misspelt word would otherwise match no clause that asks for it, and a clause that asks for nothing admits.
    """
    if not ours.values or not yours.values:
        raise LawError(f"the parameter {ours.name} has no value")
    for value in yours.values:
        if not _is_of_kind(value.value, ours):
            raise LawError(f"a value of {ours.name} is not of the kind it has to be")
        if ours.form and not all(re.fullmatch(ours.form, str(text)) for text in _formed(value.value)):
            raise LawError(f"a value of {ours.name} holds a name that is not of the form it has to be")
        if any(isinstance(word, str) and ours.choices and word not in ours.choices for word in _leaves(value.value)):
            raise LawError(f"a value of {ours.name} is not one of: {', '.join(ours.choices)}")
        if any(type(number) is int and number < 0 for number in _leaves(value.value)):
            raise LawError(f"a value of {ours.name} is below zero")


def _is_of_kind(value: Any, ours: Parameter) -> bool:  # noqa: ANN401  as below
    """A value has the outer kind of ours and the kinds within; it may be empty where one of ours is."""
    outer, within = _kind(value)
    kinds = [_kind(held.value) for held in ours.values]
    # An empty list or table of ours does not show what it may hold: names and words do, which are texts.
    allowed = frozenset[type]().union(*(found for _, found in kinds)) or frozenset({str})
    if outer is None or any(outer != known for known, _ in kinds):
        return False
    return within == allowed or (not within and any(not found for _, found in kinds))


def _formed(value: Any) -> list[Any]:  # noqa: ANN401  as below
    return list(value) if isinstance(value, dict) else _leaves(value)


def _leaves(value: Any) -> list[Any]:  # noqa: ANN401  a parameter may be a number, a text, a list or a table
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else [value]


def _kind(value: Any) -> tuple[type | None, frozenset[type]]:  # noqa: ANN401  as above
    """Return the outer kind (None where it can be no parameter) and the kinds within."""
    outer = type(value) if type(value) in (bool, int, str, list, dict) else None
    if isinstance(value, dict) and not all(type(key) is str for key in value):
        outer = None  # YAML reads an unquoted no as a boolean
    return outer, frozenset(type(leaf) for leaf in _leaves(value))


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

    def list(self, name: str) -> tuple[Any, ...]:
        """Return a list, in the order of the file."""
        return tuple(self.value(name))

    def table(self, name: str) -> Mapping[str, Any]:
        """Return a table by name."""
        return dict(self.value(name))
