"""Where scenarios come from: presets, TOML, YAML and JSON files, standard input, ``--set``."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from thirdwatt.scenario import content
from thirdwatt.scenario.document import parsed, perhaps
from thirdwatt.scenario.mistakes import InputError, Mistake, nearest_few
from thirdwatt.scenario.observed import observations

__all__ = ["changed", "loosely", "observations", "presets", "put", "read", "strictly", "value_of"]

SUFFIXES = (".toml", ".yaml", ".yml", ".json")
"""Endings of the files that a scenario can be."""

LIST_ALL = "thirdwatt estimate, without a name, lists all presets"


def presets() -> list[str]:
    """Names of the scenarios that ship with the package."""
    folder = resources.files("thirdwatt.scenario").joinpath("presets")
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


def read(where: str) -> tuple[str, dict[str, Any]]:
    """Name and document of a scenario: a preset, a file, a ledger written before, or ``-`` for standard input.

    Raises
    ------
    InputError
        If it cannot be found, read or understood.
    """
    if where == content.STDIN:
        return "stdin", _scenario(strictly(where), where)
    if os.path.exists(where) and not (os.path.isdir(where) and where in presets()):  # noqa: PTH110, PTH112 - never fails
        return Path(where).stem, _scenario(strictly(where), where)
    if where in presets():
        text = resources.files("thirdwatt.scenario").joinpath("presets", f"{where}.toml").read_bytes()
        return where, _scenario(parsed(content.decoded(text, where), where, ".toml"), where)
    raise _unfound(where)


def _unfound(where: str) -> InputError:
    """Why there is no such scenario: what looks like a path is no misspelt preset."""
    name, path = where[: content.MAX_NAME], Path(where)
    if {"/", os.sep} & set(where) or path.suffix.lower() in SUFFIXES:
        fix = f"a preset is named {path.stem}" if path.stem in presets() else "check the path"
        return content.unreadable(where, "the file does not exist", fix)
    fix = "; ".join(filter(None, (nearest_few(name, presets()), LIST_ALL)))
    return InputError([Mistake(name, "is neither a preset nor a file", fix)])


def strictly(where: str) -> Any:
    """Document of a file or of ``-``, standard input, whatever it holds: TOML, JSON or YAML by its suffix.

    Raises
    ------
    InputError
        If it cannot be read or understood; of a syntax error the line is said.
    """
    return parsed(content.text(where, content.MAX_DOCUMENT), where, _suffix(where))


def loosely(where: str) -> tuple[str, Any]:
    """Text of somebody else's file, and the document it is, if it is one: JSON, TOML or YAML.

    Of a long log the beginning is read, where arguments are printed.

    Raises
    ------
    InputError
        If it cannot be read or is no text.
    """
    text = content.text(where, content.MAX_LAUNCH, cut=True, errors="replace")
    return text, perhaps(text, _suffix(where))


def _suffix(where: str) -> str:
    return Path(where).suffix.lower()


def _scenario(document: Any, where: str) -> dict[str, Any]:
    """The scenario that a document is, or that a ledger was computed from."""
    if not isinstance(document, dict):
        raise InputError([Mistake(where, f"holds a {type(document).__name__}", "a scenario is a table of sections")])
    schema = document.get("schema")
    if isinstance(schema, str) and schema.startswith("thirdwatt/estimate/"):
        document = document.get("scenario")
        if not isinstance(document, dict):
            raise InputError([Mistake(f"{where}: scenario", "is missing from this ledger")])
    return document


# --- changes ------------------------------------------------------------------------------------------------------


def value_of(text: str) -> Any:
    """A value as TOML would read it; anything else is a word.

    Examples
    --------
    >>> value_of("1e9"), value_of("true"), value_of("h100")
    (1000000000.0, True, 'h100')
    """
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return text


def put(document: dict[str, Any], path: str, value: Any) -> None:
    """Set ``section.field`` in a document, making the sections on the way; ``None`` takes the field out.

    Raises
    ------
    InputError
        If the path is empty somewhere or leads through a value.
    """
    *sections, field = path.strip().split(".")
    here = document
    for section in sections:
        if here.get(section) == "auto":
            here[section] = {}  # a field of a layout leaves the rest of it open, as auto did
        inner = here.setdefault(section, {})
        if not isinstance(inner, dict):
            raise InputError([Mistake(path, f"{section} holds a value, not a table")])
        here = inner
    if not field or not all(sections):
        raise InputError([Mistake(path, "is no path", "write section.field=value")])
    if value is None:
        here.pop(field, None)
    else:
        here[field] = value


def changed(document: Mapping[str, Any], settings: Iterable[str]) -> dict[str, Any]:
    """A document with ``path=value`` settings put in.

    Raises
    ------
    InputError
        With every setting that is wrong.
    """
    copy: dict[str, Any] = _copy(document)
    mistakes: list[Mistake] = []
    for setting in settings:
        path, equals, value = setting.partition("=")
        if not equals:
            mistakes.append(Mistake(setting, "has no value", "write --set section.field=value"))
            continue
        if copy.get("layout") == "auto" and path.strip().startswith("layout."):
            fix = f"try its values with thirdwatt layout --open {path.strip()}=A,B, or --set 'layout={{}}' first"
            mistakes.append(Mistake(path, "cannot be set, since the layout is left to the search", fix))
            continue
        try:
            put(copy, path, value_of(value.strip()))
        except InputError as error:
            mistakes += error.mistakes
    if mistakes:
        raise InputError(mistakes)
    return copy


def _copy(value: Any) -> Any:
    return {key: _copy(inner) for key, inner in value.items()} if isinstance(value, Mapping) else value
