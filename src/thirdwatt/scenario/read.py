"""Where scenarios come from: presets, TOML, YAML and JSON files, standard input, ``--set``, rows of a table."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from thirdwatt.quantity import KINDS, OBSERVATIONS_SCHEMA, Observation, unit
from thirdwatt.scenario.mistakes import InputError, Mistake, nearest

MAX_BYTES = 1_000_000
MAX_YAML_BYTES = 200_000
MAX_FOREIGN_BYTES = 5_000_000


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
    if where == "-":
        return "stdin", _understand(sys.stdin.buffer.read(MAX_BYTES + 1), "-", "")
    path = Path(where)
    if where in presets() and not path.is_file():
        text = resources.files("thirdwatt.scenario").joinpath("presets", f"{where}.toml").read_bytes()
        return where, _understand(text, where, ".toml")
    return path.stem, _understand(_bytes(path), where, path.suffix.lower())


def strictly(where: str) -> Any:
    """Document of a file or of ``-``, standard input, whatever it holds: TOML, JSON or YAML by its suffix.

    Raises
    ------
    InputError
        If it cannot be read or understood; of a syntax error the line is said.
    """
    if where == "-":
        return _parsed(sys.stdin.buffer.read(MAX_BYTES + 1), where, "")
    path = Path(where)
    return _parsed(_bytes(path, preset=False), where, path.suffix.lower())


def loosely(where: str) -> tuple[str, Any]:
    """Text of somebody else's file, and the document it is, if it is one: JSON, TOML or YAML.

    Of a long log the beginning is read, where arguments are printed.

    Raises
    ------
    InputError
        If it cannot be read or is no text.
    """
    content = sys.stdin.buffer.read(MAX_FOREIGN_BYTES) if where == "-" else _bytes(Path(where), MAX_FOREIGN_BYTES)
    if b"\x00" in content[:4096]:
        raise InputError([Mistake(where, "is a binary file")])
    text = content.decode("utf-8-sig", errors="replace")
    try:
        document = _document(text, Path(where).suffix.lower())
    except (ValueError, OverflowError, RecursionError):
        document = None
    return text, document


def _bytes(path: Path, most: int = MAX_BYTES + 1, *, preset: bool = True) -> bytes:
    try:
        if path.is_dir():
            raise InputError([Mistake(str(path), "is a folder", f"name a {'scenario ' if preset else ''}file")])
        with path.open("rb") as file:
            return file.read(most)
    except FileNotFoundError:
        if not preset:
            raise InputError([Mistake(str(path)[:200], "is no file")]) from None
        known = presets()
        fix = nearest(path.name, known)
        raise InputError(
            [Mistake(str(path), "is neither a preset nor a file", fix or f"presets: {', '.join(known)}")]
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError([Mistake(str(path)[:200], f"cannot be read: {reason}")]) from None


def _parsed(content: bytes, where: str, suffix: str) -> Any:
    if len(content) > MAX_BYTES:
        raise InputError([Mistake(where, f"is larger than {MAX_BYTES:,} bytes", "no such file is; is it another?")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError([Mistake(where, f"is not UTF-8 text (byte {error.start})")]) from None
    if "\x00" in text:
        raise InputError([Mistake(where, "is a binary file")])
    try:
        return _document(text, suffix)
    except RecursionError:
        raise InputError([Mistake(where, "is nested too deeply")]) from None
    except (ValueError, OverflowError) as error:
        reason = " ".join(str(error).split())[:300]
        form = suffix.lstrip(".") or "TOML, JSON or YAML"
        raise InputError([Mistake(where, f"is not valid {form}: {reason}")]) from None


def _understand(content: bytes, where: str, suffix: str) -> dict[str, Any]:
    document = _parsed(content, where, suffix)
    if not isinstance(document, dict):
        raise InputError([Mistake(where, f"holds a {type(document).__name__}", "a scenario is a table of sections")])
    schema = document.get("schema")
    if isinstance(schema, str) and schema.startswith("thirdwatt/estimate/"):
        document = document.get("scenario")
        if not isinstance(document, dict):
            raise InputError([Mistake(f"{where}: scenario", "is missing from this ledger")])
    return document


def _document(text: str, suffix: str) -> Any:
    if suffix == ".json":
        return json.loads(text)
    if suffix in (".yaml", ".yml"):
        return yaml_document(text)
    if suffix == ".toml":
        return tomllib.loads(text)
    if text.lstrip().startswith("{"):
        return json.loads(text)
    try:
        return tomllib.loads(text)
    except ValueError as error:
        try:
            return yaml_document(text)
        except ValueError:
            raise error from None


def yaml_document(text: str) -> Any:
    """The document that YAML from a stranger says.

    Raises
    ------
    ValueError
        And nothing else, whatever the text: for its syntax, an alias, too much text, too deep a nesting, or a word that
        is not what its tag or its form says (``2024-99-99``, ``!!int x``).
    """
    import yaml

    if len(text) > MAX_YAML_BYTES:
        raise ValueError(f"YAML of more than {MAX_YAML_BYTES:,} characters is not read")

    class Loader(yaml.SafeLoader):
        """Safe loader without aliases, so that no small file can unfold into a large one."""

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.events.AliasEvent):
                raise yaml.YAMLError("aliases (*name) are not allowed")
            return super().compose_node(parent, index)

    try:
        return yaml.load(text, Loader)  # noqa: S506 - a SafeLoader
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(str(error)) from None
    # PyYAML looks up and slices what a tag claims to be there: !!bool x, !!int "", !!timestamp x.
    except (LookupError, AttributeError, TypeError, OverflowError):
        raise ValueError("a value is not what its tag says") from None


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
    """Set ``section.field`` in a document, making the sections on the way.

    Raises
    ------
    InputError
        If the path is empty somewhere or leads through a value.
    """
    *sections, field = path.strip().split(".")
    here = document
    for section in sections:
        inner = here.setdefault(section, {})
        if not isinstance(inner, dict):
            raise InputError([Mistake(path, f"{section} holds a value, not a table")])
        here = inner
    if not field or not all(sections):
        raise InputError([Mistake(path, "is no path", "write section.field=value")])
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
        try:
            put(copy, path, value_of(value.strip()))
        except InputError as error:
            mistakes += error.mistakes
    if mistakes:
        raise InputError(mistakes)
    return copy


def _copy(value: Any) -> Any:
    return {key: _copy(inner) for key, inner in value.items()} if isinstance(value, Mapping) else value


# --- observations -------------------------------------------------------------------------------------------------


def observations(where: str) -> list[Observation]:
    """Observations from a file of ``thirdwatt/observations/1``.

    Raises
    ------
    InputError
        With every row that is wrong.
    """
    path = Path(where)
    document = _understand(_bytes(path), where, ".json")
    if document.get("schema") != OBSERVATIONS_SCHEMA:
        fix = f"it must be {OBSERVATIONS_SCHEMA!r}"
        raise InputError([Mistake(where, f"schema is {document.get('schema')!r}", fix)])
    rows = document.get("observations")
    if not isinstance(rows, list):
        raise InputError([Mistake(f"{where}: observations", "must be a list of rows")])
    mistakes: list[Mistake] = []
    found = []
    for number, row in enumerate(rows):
        here = f"{where}: observations[{number}]"
        if not isinstance(row, dict):
            mistakes.append(Mistake(here, "must be a table"))
            continue
        if unknown := sorted(set(row) - set(Observation._fields)):
            mistakes.append(Mistake(here, f"unknown keys {', '.join(map(str, unknown))}"))
            continue
        value = row.get("value")
        seen = Observation(
            quantity=row.get("quantity"),
            value=value,
            low=row.get("low", value),
            high=row.get("high", value),
            unit=row.get("unit"),
            kind=row.get("kind", "measured"),
            source=row.get("source", where),
            scope=row.get("scope", "rate"),
        )
        wrong = list(_observation_mistakes(seen, here))
        mistakes += wrong
        if not wrong:
            found.append(seen._replace(**{k: float(getattr(seen, k)) for k in ("value", "low", "high")}))
    if mistakes:
        raise InputError(mistakes)
    return found


def _observation_mistakes(seen: Observation, here: str) -> Iterable[Mistake]:
    if not isinstance(seen.quantity, str) or not isinstance(seen.source, str):
        yield Mistake(here, "quantity and source must be text")
        return
    for name in ("value", "low", "high"):
        number = getattr(seen, name)
        if isinstance(number, bool) or not isinstance(number, int | float) or not abs(number) < 1e300:
            yield Mistake(f"{here}.{name}", f"{number!r} is not a finite number")
    try:
        wanted = unit(seen.quantity)
    except ValueError:
        wanted = "1"
    if seen.unit not in (None, wanted):
        yield Mistake(f"{here}.unit", f"{seen.unit!r} is not the unit of {seen.quantity}", f"give it in {wanted}")
    if seen.kind not in KINDS:
        yield Mistake(f"{here}.kind", f"{seen.kind!r} is unknown", nearest(str(seen.kind), KINDS))
    if seen.scope not in ("rate", "run"):
        yield Mistake(f"{here}.scope", f"{seen.scope!r} is unknown", "rate or run")
