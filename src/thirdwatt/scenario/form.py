"""The form of a raw document, and every way in which it departs from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from thirdwatt.scenario.mistakes import InputError, Mistake, nearest
from thirdwatt.scenario.schema import Layout, Precision, ScenarioFile, Section, Stated

MAX_SHOWN = 60
"""Characters of a wrong value that a mistake repeats."""

KEY = "[key]"
"""Last part of a location that is a key of a table by precision, and no field."""

_BRANCHES = ("Layout", "literal['auto']")
"""Names under which the form lists the two ways in which a layout may be given."""


def validated(raw: Mapping[str, Any]) -> tuple[ScenarioFile, list[Mistake]]:
    """The form of a document, and what is wrong with it.

    The form leaves out what is wrong, so that later checks still find their own mistakes.

    Raises
    ------
    InputError
        If the document is nested too deeply to be looked at.
    """
    mistakes: list[Mistake] = []
    document: Any = raw
    while True:
        try:
            return ScenarioFile.model_validate(document), mistakes
        except ValidationError as error:
            named = {mistake.path for mistake in mistakes}
            for mistake in _mistakes(error):
                if mistake.path not in named:
                    mistakes.append(mistake)
                    named.add(mistake.path)
            places = [problem["loc"] for problem in error.errors(include_url=False, include_context=False)]
            sound = _without(document, {_place(document, place) for place in places})
            document = sound if sound != document else {}
        except RecursionError:
            raise InputError([Mistake("", "the document is nested too deeply")]) from None


def _place(document: Any, location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """The part of a location that exists in the document; the rest names branches of the form."""
    place: tuple[int | str, ...] = ()
    for part in location:
        if isinstance(document, Mapping) and part in document:
            document = document[part]
            place += (part,)
    return place


def _without(document: Any, places: set[tuple[int | str, ...]]) -> Any:
    if not isinstance(document, Mapping):
        return document
    return {
        key: _without(value, {place[1:] for place in places if len(place) > 1 and place[0] == key})
        for key, value in document.items()
        if (key,) not in places
    }


def _mistakes(error: ValidationError) -> Iterator[Mistake]:
    for problem in error.errors(include_url=False, include_context=False):
        location = [str(part) for part in problem["loc"]]
        branch = [part for part in location if part in _BRANCHES]
        if branch == ["literal['auto']"] and isinstance(problem["input"], Mapping):
            continue  # the other branch says what is wrong inside the table
        path = ".".join(part for part in location if part not in branch)
        shown = repr(problem["input"])
        shown = shown if len(shown) <= MAX_SHOWN else shown[: MAX_SHOWN - 3] + "..."
        if location[-1:] == [KEY]:
            yield Mistake(path.removesuffix(f".{KEY}"), "unknown key", nearest(location[-2], get_args(Precision)))
        elif problem["type"] == "extra_forbidden":
            yield Mistake(path, "unknown key", nearest(location[-1], _keys(location[:-1])))
        elif problem["type"] == "model_type":
            expected = "a number, or a table with value, low, high, source"
            if path in ScenarioFile.model_fields or path == "workload.transformer":
                expected = "a table of fields"
            yield Mistake(path, f"{shown} is not {expected}")
        elif problem["type"] == "missing":
            yield Mistake(path, "missing", "a table that states a number needs value")
        else:
            message = problem["msg"][0].lower() + problem["msg"][1:]
            yield Mistake(path, f"{shown}: {message}")


def _keys(location: list[str]) -> list[str]:
    """Keys that a section of the form may have."""
    model: type[BaseModel] = ScenarioFile
    for part in location:
        if part == "Layout":
            model = Layout
            continue
        inner = _section(model, part)
        if inner is None:
            return list(Stated.model_fields)
        model = inner
    return list(model.model_fields)


def _section(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    field = model.model_fields.get(name)
    if field is None:
        return None
    options = getattr(field.annotation, "__args__", (field.annotation,))
    for option in options:
        if isinstance(option, type) and issubclass(option, Section) and option is not Stated:
            return option
    return None
