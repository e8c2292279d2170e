"""The result of a run as a file: made once, and used as long as all that it was made from is as it was.

::

    <folder>/runs/<id>/summary.json

It can be rebuilt from the samples at any time, and is, when the files of the run, those of its nodes or the formulas
have changed. What is still running has none.
"""
# Paths are text here: pathlib costs an import 5 ms.
# ruff: noqa: PTH105, PTH118, PTH120, PTH123, PTH208

from __future__ import annotations

import json
import os
from binascii import crc32
from functools import cache

from thirdwatt.meter.clock import content
from thirdwatt.meter.run import folder, safe

from . import store, summary, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .spans import Span

SCHEMA = "thirdwatt/summary/1"
FILE = "summary.json"
BROKEN = (OSError, ValueError, KeyError, IndexError, TypeError)
"""What a file of something else may lead to: it spoils no other run."""


def of(name: str, where: str | None = None) -> dict[str, Any]:
    """Everything a run has to say: from its file if that holds, else from its samples."""
    kept = _kept(name, where)
    if kept is not None:
        return kept
    record = store.opened(name, where)
    found = summary.summarised(record)
    if record.state != store.RUNNING and record.participants:
        _keep(record, found)
    return found


def every(where: str | None = None) -> list[dict[str, Any]]:
    """What all runs of a folder have to say, the oldest first."""
    found = []
    for name in store.ids(where):
        try:
            found.append(of(name, where))
        except BROKEN:
            continue
    return sorted(found, key=lambda each: (each["start_s"], each["id"]))


def running(where: str | None = None) -> list[dict[str, Any]]:
    """What the runs that are on have to say so far."""
    return [each for each in every(where) if each["state"] == store.RUNNING]


def named(name: str, where: str | None = None) -> list[str]:
    """Ids that a word may mean: that id, else those that begin with it; ``latest`` is the one begun last."""
    ids = store.ids(where)
    if name in ids:
        return [name]
    if name == "latest" and ids:
        return [each["id"] for each in every(where)[-1:]]
    return [each for each in ids if name and each.startswith(name)]


def _kept(name: str, where: str | None) -> dict[str, Any] | None:
    """What the file says, if it was made from what is there now and by the formulas of today."""
    here = os.path.join(folder(where), "runs", safe(name))
    try:
        told = json.loads(content(os.path.join(here, FILE)))
        windows = {str(boot): (int(begin), int(end)) for boot, (begin, end) in told["windows"].items()}
        if told["schema"] == SCHEMA and told["made"] == _made(folder(where), name, windows):
            run: dict[str, Any] = told["run"]
            return run
    except BROKEN:
        pass
    return None


def _keep(record: store.Record, found: Mapping[str, Any]) -> None:
    """Write the file aside and give it its name; where that is not possible there is none."""
    windows = store.windows(record.participants)
    document = {
        "schema": SCHEMA,
        "said": words.shares(found),
        "windows": windows,
        "made": _made(record.dir, record.id, windows),
        "run": found,
    }
    path = os.path.join(record.dir, "runs", safe(record.id), FILE)
    aside = f"{path}.{os.getpid()}.part"
    try:
        with open(aside, "w", encoding="utf-8") as file:
            file.write(json.dumps(document, indent=1, ensure_ascii=True, allow_nan=False))
        os.replace(aside, path)
    except (OSError, ValueError):
        try:
            os.unlink(aside)  # noqa: PTH108
        except OSError:
            return


def _made(place: str, name: str, windows: Mapping[str, Span]) -> str:
    """What a summary was made from: names and sizes of the files, which only grow, and the formulas."""
    here = os.path.join(place, "runs", safe(name))
    files = [os.path.join(here, entry) for entry in sorted(os.listdir(here)) if entry.endswith((".seg", ".ring"))]
    files += store.node_files(place, windows)
    sizes = [(os.path.basename(path), os.stat(path).st_size) for path in files]  # noqa: PTH119, PTH116
    return f"{crc32(repr(sizes).encode()):08x}{_formulas():08x}"


@cache
def _formulas() -> int:
    """The code by which a summary is made."""
    here = os.path.dirname(__file__)
    found = 0
    for above in (here, os.path.join(os.path.dirname(here), "sensors")):
        for entry in sorted(os.listdir(above)):
            if entry.endswith(".py"):
                found = crc32(content(os.path.join(above, entry)), found)
    return found
