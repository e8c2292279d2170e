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
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import thirdwatt
from thirdwatt.facts import digest, sources
from thirdwatt.ledger import Ledger, estimate
from thirdwatt.quantity import Observation, unit
from thirdwatt.scenario import InputError, Mistake

SCHEMA = "thirdwatt/evidence/1"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""Date of every member: the earliest a ZIP can say."""

LIMIT_BYTES = 50_000_000
MEMBERS = ("README.txt", "scenario.json", "ledger.json", "facts.csv", "formulas.json", "manifest.json")
FIGURES = (
    "quantity", "value", "low", "high", "unit", "kind", "source", "title", "year", "locator", "licence", "retrieved",
    "confidence", "note",
)  # fmt: skip

README = """The evidence of one thirdwatt result.

scenario.json   what was stated, with every choice that was made for it written out
ledger.json     the result: totals with intervals, components, phases, inputs, warnings
facts.csv       every figure that was read, with its source, licence and month of reading
formulas.json   every formula that was used, as it is written
manifest.json   versions, seed, samples, and the SHA-256 of the files above

To compute it again, and to be told what changed if anything did:

    thirdwatt evidence --reproduce THIS_FILE
"""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was: in which member, what, and how."""

    where: str
    what: str
    before: str
    now: str


def pack(ledger: Ledger) -> bytes:
    """The evidence of a ledger as a ZIP archive."""
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _members(ledger).items():
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
        "rerun": f"thirdwatt estimate ledger.json --samples {samples} --seed {seed} --json",
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in found.items()},
    }
    return {**found, "manifest.json": _json(manifest)}


def _stated(ledger: Ledger, resolved: Mapping[str, Any]) -> dict[str, Any]:
    seen = [observation._asdict() for observation in ledger.scenario.observations]
    return {"name": ledger.scenario.name, "scenario": dict(resolved), "observations": seen}


def _json(document: Any) -> bytes:
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False, sort_keys=True).encode()


def _facts(ledger: Ledger) -> str:
    page = io.StringIO()
    lines = csv.writer(page, lineterminator="\n")
    lines.writerow(FIGURES)
    for row in sorted(ledger.inputs, key=lambda row: row.quantity):
        figure = row.figure
        source = sources().get(figure.source, {})
        lines.writerow(
            [
                row.quantity, repr(figure.value), repr(figure.low), repr(figure.high), unit(row.quantity), figure.kind,
                figure.source, *(source.get(key, "") for key in ("title", "year", "locator", "licence")),
                figure.retrieved, figure.confidence, figure.note,
            ]
        )  # fmt: skip
    return page.getvalue()


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


# --- reproducing --------------------------------------------------------------------------------------------------


def unpack(content: bytes, where: str) -> dict[str, bytes]:
    """Members of a pack, each as its manifest says.

    Raises
    ------
    InputError
        If it is no pack, or a member is missing, too large or altered.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
            if sum(sizes.values()) > LIMIT_BYTES:
                raise InputError([Mistake(where, f"unfolds to more than {LIMIT_BYTES:,} bytes; no pack does")])
            missing = [name for name in MEMBERS if name not in sizes]
            if missing:
                raise InputError([Mistake(where, f"has no {', '.join(missing)}", "it is no pack of evidence")])
            found = {name: archive.read(name) for name in MEMBERS}
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise InputError([Mistake(where, f"is no ZIP archive: {error}")]) from None
    try:
        stated = json.loads(found["manifest.json"])["sha256"]
        altered = [name for name, sha in stated.items() if hashlib.sha256(found[name]).hexdigest() != sha]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError([Mistake(f"{where}: manifest.json", "cannot be read")]) from None
    if altered:
        raise InputError(
            [Mistake(where, f"{', '.join(sorted(altered))} is not what the manifest says; it was altered")]
        )
    return found


def reproduce(content: bytes, where: str) -> list[Change]:
    """Compute a pack's result again; empty if it gives the same bytes, else everything that is not as it was.

    Raises
    ------
    InputError
        If it is no pack, was altered, or its scenario cannot be read any more.
    """
    before = unpack(content, where)
    manifest = json.loads(before["manifest.json"])
    stated = json.loads(before["scenario.json"])
    seen = [Observation(**row) for row in stated["observations"]]
    samples, seed = int(manifest["samples"]), int(manifest["seed"])
    ledger = estimate(stated["scenario"], observed=seen, samples=samples, seed=seed)
    now = _members(_renamed(ledger, str(stated["name"])))
    if now == before:
        return []
    return list(_changes(before, now))


def _renamed(ledger: Ledger, name: str) -> Ledger:
    from dataclasses import replace

    return replace(ledger, scenario=replace(ledger.scenario, name=name))


def _changes(before: Mapping[str, bytes], now: Mapping[str, bytes]) -> Iterator[Change]:
    old, new = (json.loads(members["manifest.json"]) for members in (before, now))
    for key in ("thirdwatt", "numpy", "python", "facts_digest"):
        if old.get(key) != new.get(key):
            yield Change("manifest.json", key, str(old.get(key)), str(new.get(key)))
    one, two = (_by_quantity(members["facts.csv"]) for members in (before, now))
    for quantity in sorted(one.keys() | two.keys()):
        if one.get(quantity) != two.get(quantity):
            yield Change("facts.csv", quantity, _figure(one.get(quantity)), _figure(two.get(quantity)))
    first, second = (json.loads(members["formulas.json"]) for members in (before, now))
    for quantity in sorted(first.keys() | second.keys()):
        ways = (first.get(quantity, {}).get("expression"), second.get(quantity, {}).get("expression"))
        if ways[0] != ways[1]:
            yield Change("formulas.json", quantity, str(ways[0]), str(ways[1]))
    totals = [json.loads(members["ledger.json"])["totals"] for members in (before, now)]
    for name in sorted(totals[0].keys() | totals[1].keys()):
        values = [_value(each.get(name)) for each in totals]
        if values[0] != values[1]:
            yield Change("ledger.json", name, *values)
    if json.loads(before["scenario.json"]) != json.loads(now["scenario.json"]):
        yield Change("scenario.json", "scenario", "as stated", "reads differently: choices made for it have changed")


def _by_quantity(content: bytes) -> dict[str, dict[str, str]]:
    return {row["quantity"]: row for row in csv.DictReader(io.StringIO(content.decode()))}


def _figure(row: Mapping[str, str] | None) -> str:
    return "not read" if row is None else f"{row['value']} ({row['low']} to {row['high']}), {row['source']}"


def _value(total: Mapping[str, float] | None) -> str:
    return "not known" if total is None else f"{total['value']!r} ({total['low']!r} to {total['high']!r})"
