"""Where scenarios come from: presets, TOML, YAML and JSON files, standard input, ``--set``."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

from thirdwatt.scenario import content
from thirdwatt.scenario.document import parsed, perhaps
from thirdwatt.scenario.mistakes import InputError, Mistake, nearest, nearest_few
from thirdwatt.scenario.observed import observations

__all__ = ["changed", "loosely", "observations", "presets", "put", "read", "strictly", "value_of"]

_Setting = TypeVar("_Setting")

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
        return "stdin", with_chip(_scenario(strictly(where), where))
    if os.path.exists(where) and not (os.path.isdir(where) and where in presets()):  # noqa: PTH110, PTH112 - never fails
        return Path(where).stem, with_chip(_scenario(strictly(where), where), Path(where).parent)
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


# --- chips that are files ------------------------------------------------------------------------------------------


def with_chip(document: dict[str, Any], folder: Path = Path()) -> dict[str, Any]:
    """A document with the chip in it that its ``cluster.accelerator`` names as a file.

    Parameters
    ----------
    folder
        Where relative paths start.

    Raises
    ------
    InputError
        If the file cannot be read, or is no chip, or the document states another.
    """
    cluster = document.get("cluster")
    named = cluster.get("accelerator") if isinstance(cluster, dict) else None
    if not _is_chip_file(named):
        return document
    if both := [section for section in SECTIONS if section in document]:
        said = f"is stated, and {CHIP} = {named} is a chip too"
        fix = "state one; --set {}.… changes that of a file"
        raise InputError([Mistake(section, said, fix.format(section)) for section in both])
    chip = chip_of(str(folder / named))
    kept = {name: each for name, each in cluster.items() if name != "accelerator"}  # type: ignore[union-attr]
    return {**document, **chip, "cluster": {**kept, **chip.get("cluster", {})}}


CHIP = "cluster.accelerator"
"""What may name a file."""
SECTIONS = ("blueprint", "datasheet")
"""What a file of a chip may be: a design, or an accelerator as its maker describes it."""


def _is_chip_file(named: Any) -> TypeGuard[str]:
    return isinstance(named, str) and Path(named).suffix.lower() in SUFFIXES


def chips_first(paths: Iterable[_Setting], path: Callable[[_Setting], str]) -> list[_Setting]:
    """Settings in an order in which fields change the design of a file that is set too, and are not lost in it."""
    return sorted(paths, key=lambda each: path(each).strip() != CHIP)


def with_setting(document: dict[str, Any], path: str, value: Any, folder: Path = Path()) -> dict[str, Any]:
    """A document with a field set; a chip that is named or is a file takes the place of any that the document states.

    Raises
    ------
    InputError
        If the path is none, or the file is no chip.
    """
    put(document, path, value)
    if path.strip() != CHIP:
        return document
    for section in SECTIONS:
        document.pop(section, None)
    return with_chip(document, folder)


def chip_of(where: str) -> dict[str, Any]:
    """The sections of a scenario that a file of a chip states: ``blueprint`` or ``datasheet``, and
    ``cluster.accelerator`` if it says which chip on sale it is used like.

    Raises
    ------
    InputError
        If the file cannot be read, or is no chip.
    """
    document = strictly(where)
    found = [each for each in SECTIONS if isinstance(document, dict) and isinstance(document.get(each), dict)]
    if len(found) != 1:
        said = "is a blueprint and a datasheet at once" if found else "is neither a blueprint nor a datasheet"
        raise InputError([Mistake(where, said, "a chip is a file with a section [blueprint] or [datasheet]")])
    (section,) = found
    allowed = (section, "like")
    extra = [name for name in document if name not in ("schema", *allowed)]
    if extra:
        fixes = {name: nearest(name, allowed) for name in extra}
        raise InputError([Mistake(f"{where}: {name}", "unknown key", fixes[name]) for name in extra])
    like = document.get("like")
    own = dict(document[section])
    own.setdefault("name", Path(where).stem)
    return {section: own} | ({} if like is None else {"cluster": {"accelerator": like}})


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
    for setting in chips_first(settings, lambda each: each.partition("=")[0]):
        path, equals, value = setting.partition("=")
        if not equals:
            mistakes.append(Mistake(setting, "has no value", "write --set section.field=value"))
            continue
        if copy.get("layout") == "auto" and path.strip().startswith("layout."):
            fix = f"try its values with thirdwatt layout --open {path.strip()}=A,B, or --set 'layout={{}}' first"
            mistakes.append(Mistake(path, "cannot be set, since the layout is left to the search", fix))
            continue
        try:
            copy = with_setting(copy, path, value_of(value.strip()))
        except InputError as error:
            mistakes += error.mistakes
    if mistakes:
        raise InputError(mistakes)
    return copy


def _copy(value: Any) -> Any:
    return {key: _copy(inner) for key, inner in value.items()} if isinstance(value, Mapping) else value
