"""A survey: all that a scan says of a dataset, put together as plain data that can be written as JSON."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from . import packing, sample, scan, shards, storage, store, telling, tokens
from .against import Against, Second
from .errors import EmptyError
from .files import Files, files
from .findings import Bad, Finding, Range
from .fix.result import changes_of, report_of
from .formats.base import Source, Texts
from .kernels import Kernels
from .lines import Lines
from .looks import ExcerptsLook, ImagesLook, LinesLook, PiecesLook
from .reading import Progress
from .sample import Sample
from .scan import Plan
from .shares import Parts
from .together import together
from .wish import Wish

SCHEMA = "thirdwatt/scan/1"

BEGUN = "begun"
"""Where a scan works, in its folder; gone when it is done."""

PIECES = 600
"""Of the sample that is tokenised: 5 MB, some seconds, and bytes a token to about a hundredth."""

LEAST_TRIALS_S, MOST_TRIALS_S, TRIALS_SHARE = 1.0, 8.0, 0.25
"""CPU-seconds that formats are tried for, and their share of those that the scan took."""


def survey(wish: Wish, kernels: Kernels, told: Callable[[Progress], None] | None = None) -> dict[str, Any]:
    """Scan a dataset and say what it wastes.

    Parameters
    ----------
    wish
        What is asked.
    kernels
        What it is done with.
    told
        Told how far it is.

    Raises
    ------
    EmptyError
        If nothing there can be scanned.
    ChangedError
        If files changed while they were read.
    OSError
        If something cannot be read, or there is no room.
    """
    began = time.perf_counter(), time.process_time()
    found = files(wish.path)
    if not found.paths:
        raise EmptyError("holds no files", "name a file, a folder, an address, or a pattern in quotes")
    bad = Bad()
    sources, unread = scan.opened(found.paths, wish.column, bad)
    if not sources and not bad.counts:
        names = ", ".join(unread[:3])
        raise EmptyError(f"holds no file of a known format ({names})", "Parquet, Arrow, JSON, CSV, text, tar or images")
    drawn = sample.drawn(sources, wish.sample_byte, wish.seed) if wish.sample_byte else None
    read: Sequence[Source] = drawn.sources if drawn else sources
    key = _key(wish, found)
    with _folder(wish.folder) as folder:
        texts = _Texts(wish, kernels, _kind(read, "text", drawn), drawn)
        images = _Images(wish, _kind(read, "image", drawn), drawn, bad)
        said = {
            **_head(wish, found, sources, unread, drawn),
            **texts.said(sources, bad, told, os.path.join(folder, BEGUN, "text"), key),  # noqa: PTH118
        }
        _added(said, images.said(bad, told, os.path.join(folder, BEGUN, "images"), key))  # noqa: PTH118
        shutil.rmtree(os.path.join(folder, BEGUN), ignore_errors=True)  # noqa: PTH118
    said["findings"] += _layouts(wish, sources, said)
    said["findings"].sort(key=telling.rank)
    said["bad_rows"] = telling.bad_rows(bad)
    wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
    said["cost"] = {"wall_s": wall, "cpu_s": cpu, "text_byte_per_cpu_s": said["bytes"] / cpu if cpu else None}
    return said


# --- the two kinds of documents ---------------------------------------------------------------------------------------


class _Texts:
    """Documents of text: looks at them, and what these say."""

    def __init__(self, wish: Wish, kernels: Kernels, sources: tuple[Source, ...], drawn: Sample | None) -> None:
        self.wish, self.sources, self.drawn = wish, sources, drawn
        self.kernels = kernels
        self.pieces = PiecesLook(tokens.Sampled(wish.seed, pieces=PIECES))
        self.lines = LinesLook(Lines(kernels.lines)) if "lines" in wish.finds else None
        self.excerpts = ExcerptsLook(wish.seed) if "storage" in wish.finds else None
        self.overlap: Against | None = None

    def said(
        self, whole: Sequence[Source], bad: Bad, told: Callable[[Progress], None] | None, folder: str, key: str
    ) -> dict[str, Any]:
        wish = self.wish
        if not self.sources:
            return {**_nothing(), "findings": [], "observations": []}
        near = self.kernels.near if "near" in wish.finds else None
        if wish.against:
            second = Second(second_set(wish.against, bad), self.kernels.near, wish.memory_byte // 8, wish.seed)
            self.overlap = Against(second, self.kernels.near)
        looks = tuple(each for each in (self.pieces, self.lines, self.excerpts, self.overlap) if each is not None)
        began_s = time.process_time()
        found = scan.scan(Plan(self.sources, near, looks, folder, key, wish.memory_byte), bad, told)
        parts = Parts(found, self.sources, self.drawn)
        ratio = tokens.ratio(self.pieces.sampled, wish.tokenizer)
        findings = [parts.finding(each, ratio) for each in scan.masks(found, self.sources, shlex.quote(wish.path))]
        if self.lines:
            findings += telling.line_findings(self.lines.lines.found(), wish)
        if self.overlap:
            findings.append(telling.overlap_finding(self.overlap.overlap(), wish))
        byte = int(found.byte.sum(dtype=np.int64))
        histogram = packing.histogram(*telling.token_lengths(found.byte, ratio))
        padding = telling.padding(found.byte, ratio, wish)
        trials = self._trials(whole, time.process_time() - began_s)
        tokenise = telling.tokenise(byte, ratio, wish)
        findings += telling.other_findings(padding, tokenise, wish)
        return {
            "rows": len(found.byte),
            "bytes": byte,
            "tokens": telling.token_count(byte, ratio),
            "bytes_per_token": telling.figure(Range(ratio.value, ratio.low, ratio.high, ratio.kind, ratio.source)),
            "lengths": scan.quantiles(found.byte),
            "token_lengths": telling.quantiles(histogram),
            "histogram": telling.histogram(histogram),
            "kernels": near.NAME if near else None,
            "full_buckets": found.alike.full if found.alike else 0,
            "resumed": found.resumed,
            "findings": [telling.finding(each) for each in findings],
            "padding": padding,
            "storage": trials,
            "tokenise": tokenise,
            "lines": telling.chrome(self.lines.lines.found()) if self.lines else None,
            "overlap": telling.overlap(self.overlap.overlap()) if self.overlap else None,
            "observations": telling.observations(findings, padding, tokenise, wish),
            "estimated": {name: telling.figure(each) for name, each in parts.whole().items()} or None,
        }

    def _trials(self, whole: Sequence[Source], scanned_s: float) -> dict[str, Any] | None:
        """Formats tried on excerpts, in a part of the time that the scan has taken."""
        documents = self.excerpts.documents() if self.excerpts else []
        if not any(documents):
            return None
        budget_s = min(MOST_TRIALS_S, max(LEAST_TRIALS_S, TRIALS_SHARE * scanned_s))
        found = storage.trials(documents, budget_s=budget_s)
        weights: dict[str | None, int] = {}
        for facts in _facts(whole):
            ratio = sum(stored for _, stored in facts.row_groups) / facts.text_byte if facts.text_byte else None
            name = storage.alike(found, facts.path, facts.codec, ratio)
            weights[name] = weights.get(name, 0) + facts.stored_byte
        present = max(weights, key=lambda name: weights[name], default=None)
        choice = storage.best(found, present, self.wish.epochs or 1.0)
        return {
            "trials": [
                {**asdict(each), "stored_ratio": each.stored_ratio, "decode_cpu_s_per_byte": each.decode_cpu_s_per_byte}
                for each in found
            ],
            "present": present,
            "knee": choice.knee.id,
            "better": choice.better.id if choice.better else None,
            "front": [each.id for each in choice.front],
        }


class _Images:
    """Images: copies of the same bytes, and those that look alike."""

    def __init__(self, wish: Wish, sources: tuple[Source, ...], drawn: Sample | None, bad: Bad) -> None:
        self.wish, self.sources, self.drawn = wish, sources, drawn
        self.look = ImagesLook(bad)

    def said(self, bad: Bad, told: Callable[[Progress], None] | None, folder: str, key: str) -> dict[str, Any] | None:
        if not self.sources:
            return None
        found = scan.scan(Plan(self.sources, None, (self.look,), folder, key, self.wish.memory_byte), bad, told)
        parts = Parts(found, self.sources, self.drawn)
        where = shlex.quote(self.wish.path)
        findings = [parts.finding(each, None) for each in scan.image_masks(found, self.sources, where, self.look)]
        decode = self.look.decode_s / self.look.decoded if self.look.decoded else None
        return {
            "images": {
                "rows": len(found.byte),
                "bytes": int(found.byte.sum(dtype=np.int64)),
                "decode_cpu_s_per_image": decode,
                "looked_alike": self.look.available,
            },
            "findings": [telling.finding(each) for each in findings],
        }


# --- parts of what is said --------------------------------------------------------------------------------------------


def _nothing() -> dict[str, Any]:
    return {
        "rows": 0, "bytes": 0, "tokens": None, "bytes_per_token": None, "lengths": {}, "token_lengths": {},
        "histogram": None, "kernels": None, "full_buckets": 0, "resumed": False, "padding": None, "storage": None,
        "tokenise": None, "lines": None, "overlap": None, "estimated": None,
    }  # fmt: skip


def _head(
    wish: Wish, found: Files, sources: Sequence[Source], unread: Sequence[str], drawn: Sample | None
) -> dict[str, Any]:
    changes = [] if store.is_remote(wish.path) else changes_of(wish.path)
    others: dict[str, int] = {}
    for source in sources:
        for name, size in source.columns.items():
            if name != source.column:
                others[name] = others.get(name, 0) + size
    return {
        "schema": SCHEMA,
        "path": wish.path,
        "against": wish.against or None,
        "mended": None if changes or store.is_remote(wish.path) else report_of(wish.path),
        "mended_changes": changes,
        "stored_bytes": found.byte,
        "files": len(found.paths),
        "links": found.links,
        "descriptions": list(found.descriptions),
        "unread_files": list(unread),
        "columns": sorted({each.column for each in sources if each.column}),
        "other_columns": sorted(others, key=lambda name: -others[name]),
        "sample": None
        if drawn is None
        else {
            "asked_bytes": wish.sample_byte, "seed": wish.seed, "stored_bytes": drawn.stored_byte,
            "of_bytes": drawn.of_byte, "share": drawn.share, "parts": drawn.parts, "files": drawn.files,
            "of_files": drawn.of_files,
        },
        "images": None,
    }  # fmt: skip


def _added(said: dict[str, Any], images: dict[str, Any] | None) -> None:
    if images is None:
        return
    said["images"] = images["images"]
    said["findings"] += images["findings"]
    said["rows"] += images["images"]["rows"]
    said["bytes"] += images["images"]["bytes"]


def _kind(sources: Sequence[Source], kind: str, drawn: Sample | None) -> tuple[Source, ...]:
    """Those of one kind; small ones read as one, but for a sample, whose parts are drawn again one by one."""
    own = [each for each in sources if each.kind == kind]
    return tuple(own if drawn else together(own))


def second_set(where: str, bad: Bad) -> Iterator[Texts]:
    """Documents of a second set of text.

    Raises
    ------
    EmptyError
        If there is none.
    """
    found = files(where)
    sources, _ = scan.opened(found.paths, "", bad)
    texts = [each for each in sources if each.kind == "text"]
    if not texts:
        raise EmptyError(f"--against {where}: holds no text of a known format", "name a second set of text")
    for source in together(texts):
        yield from source.texts(bad)


def _facts(sources: Iterable[Source]) -> list[shards.FileFacts]:
    found = []
    for path, column in {each.path: each.column for each in sources}.items():
        try:
            found.append(shards.facts(path, column))
        except OSError:  # it is among the bad rows
            continue
    return found


def _layouts(wish: Wish, sources: Sequence[Source], said: dict[str, Any]) -> list[dict[str, Any]]:
    """How the files are divided and compressed, and what a better format would take."""
    if "storage" not in wish.finds:
        return []
    found = [
        telling.finding(Finding(each.id, each.what, True, fix=each.fix)) | {"numbers": dict(each.numbers)}
        for each in shards.layout(_facts(sources), wish.path)
    ]
    tried = said["storage"]
    if tried and tried["better"]:
        by_id = {each["id"]: each for each in tried["trials"]}
        now, better = by_id[tried["present"]], by_id[tried["better"]]
        smaller, faster = (better[name] / now[name] for name in ("stored_ratio", "decode_cpu_s"))
        what = (f"stored as {now['id']}; {better['id']} takes {smaller:.0%} of the bytes and {faster:.0%} of the time "
                "to read, on a sample")  # fmt: skip
        fix = f"thirdwatt data convert {shlex.quote(wish.path)} --to parquet --out DIR"
        found.append(telling.finding(Finding("storage_format", what, True, fix=fix)))
    return found


def _key(wish: Wish, found: Files) -> str:
    """What an interrupted scan must have been for, to be gone on with."""
    named = [list(store.signature(each)) for each in found.paths]
    asked = [wish.path, wish.against, wish.column, sorted(wish.finds), wish.sample_byte, wish.seed, wish.memory_byte]
    return json.dumps([asked, found.paths, named])


def _folder(where: str) -> Any:
    if not where:
        return tempfile.TemporaryDirectory(prefix="thirdwatt-scan-")
    from contextlib import nullcontext

    return nullcontext(where)
