"""The evidence of a result: everything somebody needs to follow it, and to find out later what changed.

A pack is a ZIP archive with fixed dates and a fixed order, so the same result gives the same bytes. It holds the
scenario as resolved, the ledger, every figure that was read with its source and month of reading, every formula as
written, the versions, and a manifest with the SHA-256 of each.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import platform
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

import thirdwatt
from thirdwatt.facts import digest, sources
from thirdwatt.ledger import Ledger, estimate
from thirdwatt.quantity import BOUNDARIES, KINDS, Observation, unit
from thirdwatt.report.sheets import written
from thirdwatt.scenario import InputError, InsufficientError, Mistake

SCHEMA = "thirdwatt/evidence/1"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""Date of every member: the earliest a ZIP can say."""

LIMIT_BYTES = 20_000_000
"""Most that a pack holds, folded or unfolded: a usual one unfolds to 100 kB."""

MAX_SAMPLES, MAX_SEED = 1_000_000, 2**32 - 1
"""As the command line takes them, so that a pack asks for no more work than a command could."""

ANEW = "write it anew: thirdwatt evidence SCENARIO -o PACK.zip"
MEMBERS = ("README.txt", "scenario.json", "ledger.json", "facts.csv", "formulas.json", "manifest.json")
RERUN = "thirdwatt evidence --reproduce THIS_FILE"
"""The one command that takes the observations, the samples and the seed from the pack. It names no file, so that the
same result gives the same bytes under any name."""

FIGURES = (
    "quantity", "value", "low", "high", "unit", "kind", "source", "title", "year", "locator", "licence", "retrieved",
    "confidence", "note",
)  # fmt: skip

README = f"""The evidence of one thirdwatt result.

scenario.json   what was stated, with every choice that was made for it written out
ledger.json     the result: totals with intervals, components, phases, inputs, warnings
facts.csv       every figure that was read, with its source, licence and month of reading
formulas.json   every formula that was used, as it is written
manifest.json   versions, seed, samples, and the SHA-256 of the files above

To compute it again, and to be told what changed if anything did:

    {RERUN}
"""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Sha256 = Annotated[str, Field(pattern=r"\A[0-9a-f]{64}\z")]
Version = Annotated[str, Field(max_length=100)]
Number = Annotated[int | float, Field(gt=-1e300, lt=1e300)]
Boundary: Any = Literal[BOUNDARIES]
Kind: Any = Literal[KINDS]


class _Manifest(_Strict):
    schema_: Literal["thirdwatt/evidence/1"] = Field(alias="schema")
    thirdwatt: Version
    numpy: Version
    python: Version
    facts_digest: Version
    seed: int = Field(ge=0, le=MAX_SEED)
    samples: int = Field(ge=1, le=MAX_SAMPLES)
    boundary: Boundary
    rerun: str = Field(max_length=1000)
    sha256: dict[str, Sha256]


class _Seen(_Strict):
    quantity: str
    value: Number
    low: Number
    high: Number
    unit: str | None
    kind: Kind
    source: str
    scope: Literal["rate", "run"]


class _Statement(_Strict):
    name: str
    scenario: dict[str, Any]
    observations: list[_Seen]


M = TypeVar("M", bound=_Strict)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was: in which member, what, and how."""

    where: str
    what: str
    before: str
    now: str


def pack(ledger: Ledger) -> bytes:
    """The evidence of a ledger as a ZIP archive.

    Raises
    ------
    InputError
        If it could not be computed again: more samples, or a larger scenario, than :func:`reproduce` takes.
    """
    found, where = _members(ledger), "this evidence"
    _limited(sum(map(len, found.values())), where)
    _understood(_Manifest, found, "manifest.json", where, "estimate within that")
    _understood(_Statement, found, "scenario.json", where, "state it within that")
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in found.items():
            archive.writestr(_entry(name), content)
    return page.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    entry.create_system = 3
    return entry


def _members(ledger: Ledger) -> dict[str, bytes]:
    document = ledger.to_dict()
    found = {
        "README.txt": README.encode(),
        "scenario.json": _json(_stated(ledger, document["scenario"])),
        "ledger.json": _json(document),
        "facts.csv": _facts(ledger).encode(),
        "formulas.json": _json(_formulas(ledger)),
    }
    samples, seed = ledger.scores.samples, ledger.scores.seed
    manifest = {
        "schema": SCHEMA,
        "thirdwatt": thirdwatt.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "facts_digest": digest(),
        "seed": seed,
        "samples": samples,
        "boundary": ledger.boundary,
        "rerun": RERUN,
        "sha256": {name: _sha256(content) for name, content in found.items()},
    }
    return {**found, "manifest.json": _json(manifest)}


def _stated(ledger: Ledger, resolved: Mapping[str, Any]) -> dict[str, Any]:
    seen = [observation._asdict() for observation in ledger.scenario.observations]
    return {"name": ledger.scenario.name, "scenario": dict(resolved), "observations": seen}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _json(document: Any) -> bytes:
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False, sort_keys=True).encode()


def _facts(ledger: Ledger) -> str:
    rows: list[tuple[object, ...]] = [FIGURES]
    for row in sorted(ledger.inputs, key=lambda row: row.quantity):
        figure = row.figure
        source = sources().get(figure.source, {})
        rows.append(
            (
                row.quantity, figure.value, figure.low, figure.high, unit(row.quantity), figure.kind,
                figure.source, *(source.get(key, "") for key in ("title", "year", "locator", "licence")),
                figure.retrieved, figure.confidence, figure.note,
            )
        )  # fmt: skip
    return written(rows)


def _formulas(ledger: Ledger) -> dict[str, Any]:
    return {
        name: {
            "alternative": formula.alternative,
            "arguments": list(formula.arguments),
            "expression": formula.expression,
            "meaning": formula.meaning,
            "where": formula.where.partition(":")[0],
        }
        for name, formula in ledger.program.plan.chosen.items()
    }


# --- reading ------------------------------------------------------------------------------------------------------


def unpack(content: bytes, where: str) -> dict[str, bytes]:
    """Members of a pack, each as its manifest says.

    Raises
    ------
    InputError
        If it is no pack, or a member is missing, too large, damaged or altered.
    """
    found = _unzipped(content, where)
    stated = _understood(_Manifest, found, "manifest.json", where).sha256
    listed = [name for name in MEMBERS if name != "manifest.json"]
    if stated.keys() != set(listed):
        problem = f"sha256 names {_some(sorted(stated))}"
        raise _refused(f"{where}: manifest.json", problem, f"a pack's names {', '.join(listed)}")
    altered = [name for name in listed if _sha256(found[name]) != stated[name]]
    if altered:
        raise _refused(where, f"{', '.join(sorted(altered))} is not what the manifest says; it was altered")
    return found


def _unzipped(content: bytes, where: str) -> dict[str, bytes]:
    _limited(len(content), where)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check(entries, where)
            _limited(sum(entry.file_size for entry in entries), where, "unfolds to")
            return {entry.filename: _read(archive, entry, where) for entry in entries}
    except InputError:
        raise
    # ValueError is what zipfile lets through for names that are no UTF-8 and for offsets outside the file
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        OSError,
        RuntimeError,
        ArithmeticError,
        ValueError,
    ) as error:
        raise _refused(where, f"is no ZIP archive that can be read: {printable(str(error))}") from None


def _check(entries: list[zipfile.ZipInfo], where: str) -> None:
    names = Counter(entry.filename for entry in entries)
    if missing := [name for name in MEMBERS if name not in names]:
        raise _refused(where, f"has no {', '.join(missing)}", "it is no pack of evidence")
    if unknown := [name for name in names if name not in MEMBERS]:
        raise _refused(where, f"holds {_some(unknown)}", f"a pack holds {', '.join(MEMBERS)} and nothing else")
    if twice := [name for name, count in names.items() if count > 1]:
        raise _refused(where, f"holds {', '.join(twice)} more than once", "a pack holds each once")
    for entry in entries:
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            problem = f"{entry.filename} is compressed by method {entry.compress_type}"
            raise _refused(where, problem, "a pack's are deflated")


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, where: str) -> bytes:
    """A member; no more of it is unfolded than it says it holds."""
    with archive.open(entry) as member:
        content = member.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise _refused(where, f"{entry.filename} does not hold the {entry.file_size:,} bytes that it says it holds")
    return content


def _limited(size: int, where: str, verb: str = "has") -> None:
    if size > LIMIT_BYTES:
        raise _refused(where, f"{verb} more than {LIMIT_BYTES:,} bytes; no pack does")


def _understood(model: type[M], found: Mapping[str, bytes], name: str, where: str, fix: str = ANEW) -> M:
    try:
        return model.model_validate_json(found[name])
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        path = "".join(f"{part}: " for part in first["loc"])
        said = printable(f"{path}{first['msg'][0].lower()}{first['msg'][1:]}")
        raise _refused(f"{where}: {name}", f"cannot be read as {SCHEMA}: {said}", fix) from None


def _refused(where: str, problem: str, fix: str = "") -> InputError:
    return InputError([Mistake(where, problem, fix)])


def _some(names: Iterable[str]) -> str:
    shown = [printable(repr(name), 60) for name in names]
    return f"{', '.join(shown[:3])}{f' and {len(shown) - 3} more' if shown[3:] else ''}" or "nothing"


def printable(text: str, most: int = 500) -> str:
    """Text out of somebody's file on one line of at most so many characters, without codes that move a cursor."""
    line = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text[:most])
    return f"{line}…" if len(text) > most else line


# --- reproducing --------------------------------------------------------------------------------------------------


def reproduce(content: bytes, where: str) -> list[Change]:
    """Compute a pack's result again; empty if every member has the same bytes, else what is not as it was.

    Raises
    ------
    InputError
        If it is no pack, was altered, or its scenario cannot be read any more.
    """
    before = unpack(content, where)
    manifest = _understood(_Manifest, before, "manifest.json", where)
    stated = _understood(_Statement, before, "scenario.json", where)
    seen = [Observation(**row.model_dump()) for row in stated.observations]
    here = f"{where}: scenario.json"
    try:
        ledger = estimate(stated.scenario, observed=seen, samples=manifest.samples, seed=manifest.seed)
    except InputError as error:
        raise InputError(
            [Mistake(f"{here}: {each.path}" if each.path else here, each.problem, each.fix) for each in error.mistakes]
        ) from None
    except InsufficientError as error:
        raise _refused(here, f"gives no result any more: {error}") from None
    return list(_changes(before, _members(_renamed(ledger, stated.name))))


def _renamed(ledger: Ledger, name: str) -> Ledger:
    from dataclasses import replace

    return replace(ledger, scenario=replace(ledger.scenario, name=name))


def _changes(before: Mapping[str, bytes], now: Mapping[str, bytes]) -> Iterator[Change]:
    """What differs by name where a member's differences have names, else that its content differs."""
    for name, differences in _DIFFERENCES.items():
        one, two = before[name], now[name]
        if one == two:
            continue
        named = _named(differences, one, two)
        yield from named
        if not named and not (name == "manifest.json" and _differs_as_its_members(one, two)):
            yield Change(name, "content", _sha256(one)[:12], _sha256(two)[:12])


Differences = Callable[[bytes, bytes], Iterator[Change]]


def _named(differences: Differences, one: bytes, two: bytes) -> list[Change]:
    """Nothing where a member has not its form: what somebody made up need not have it."""
    try:
        return list(differences(one, two))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, csv.Error):
        return []


def _differs_as_its_members(one: bytes, two: bytes) -> bool:
    """Whether two manifests differ in checksums alone: each is right, so its member differs and is named."""
    old, new = json.loads(one), json.loads(two)
    return _json(old) == one and _json(old | {"sha256": new["sha256"]}) == two


def _of_manifests(one: bytes, two: bytes) -> Iterator[Change]:
    old, new = json.loads(one), json.loads(two)
    for key in new:
        if key != "sha256" and old[key] != new[key]:
            yield Change("manifest.json", key, str(old[key]), str(new[key]))


def _of_facts(one: bytes, two: bytes) -> Iterator[Change]:
    old, new = _by_quantity(one), _by_quantity(two)
    for quantity in sorted(old.keys() | new.keys()):
        if old.get(quantity) != new.get(quantity):
            yield Change("facts.csv", quantity, *_figures(old.get(quantity), new.get(quantity)))


def _of_formulas(one: bytes, two: bytes) -> Iterator[Change]:
    old, new = json.loads(one), json.loads(two)
    for quantity in sorted(old.keys() | new.keys()):
        ways = [each.get(quantity, {}).get("expression") for each in (old, new)]
        if ways[0] != ways[1]:
            yield Change("formulas.json", quantity, str(ways[0]), str(ways[1]))


def _of_ledgers(one: bytes, two: bytes) -> Iterator[Change]:
    old, new = json.loads(one)["totals"], json.loads(two)["totals"]
    for name in sorted(old.keys() | new.keys()):
        values = [_value(each.get(name)) for each in (old, new)]
        if values[0] != values[1]:
            yield Change("ledger.json", name, *values)


def _of_scenarios(one: bytes, two: bytes) -> Iterator[Change]:
    if json.loads(one) != json.loads(two):
        yield Change("scenario.json", "scenario", "as stated", "reads differently: choices made for it have changed")


def _of_texts(one: bytes, two: bytes) -> Iterator[Change]:  # noqa: ARG001 - free text has no parts with names
    yield from ()


_DIFFERENCES: Mapping[str, Differences] = {
    "manifest.json": _of_manifests,
    "facts.csv": _of_facts,
    "formulas.json": _of_formulas,
    "ledger.json": _of_ledgers,
    "scenario.json": _of_scenarios,
    "README.txt": _of_texts,
}


def _by_quantity(content: bytes) -> dict[str, dict[str, str]]:
    return {row["quantity"]: row for row in csv.DictReader(io.StringIO(content.decode()), strict=True)}


def _figures(one: Mapping[str, str] | None, two: Mapping[str, str] | None) -> tuple[str, str]:
    """Two figures in short, or where that is the same, the columns in which they differ."""
    short = _figure(one), _figure(two)
    if one is None or two is None or short[0] != short[1]:
        return short
    columns = [key for key in {**one, **two} if one.get(key) != two.get(key)]
    before, now = (", ".join(f"{key} {row.get(key)!r}" for key in columns) for row in (one, two))
    return before, now


def _figure(row: Mapping[str, str] | None) -> str:
    return "not read" if row is None else f"{row['value']} ({row['low']} to {row['high']}), {row['source']}"


def _value(total: Mapping[str, float] | None) -> str:
    return "not known" if total is None else f"{total['value']!r} ({total['low']!r} to {total['high']!r})"
