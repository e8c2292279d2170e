"""The files of a dataset: each once, however many links lead to it, and without those that only describe it."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from . import store
from .fix.result import DATA, report_of
from .store import Entry

DESCRIPTIONS = (
    "dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json",  # Hugging Face datasets
    "_SUCCESS", "_metadata", "_common_metadata",  # Spark, summaries of Parquet
    "*.lock", "*.incomplete",  # a download that is on
)  # fmt: skip
"""Names of files that hold no documents, wherever they are in a folder."""

PAGES = ("readme", "readme.*", "license", "license.*", "licence", "licence.*")
"""Names of what is written about a dataset; documents only where all else ends as they do."""

CACHES = "cache-*.arrow"
"""What ``datasets`` keeps of ``map`` and ``filter``: numbers of rows, or rows of another file again."""


@dataclass(frozen=True, slots=True)
class Files:
    """Files of a dataset, by their paths.

    Attributes
    ----------
    paths
        In the order of their names.
    sizes
        What each takes as it is stored, in bytes.
    links
        Other names of files that are among them, or that lead nowhere: no copies.
    descriptions
        Files that were left out because they only describe the others.
    """

    paths: tuple[str, ...]
    sizes: tuple[int, ...]
    links: int
    descriptions: tuple[str, ...] = ()

    @property
    def byte(self) -> int:
        """What they take as they are stored."""
        return sum(self.sizes)


def files(where: str) -> Files:
    """The files of a path: itself, what is below a folder, or what a pattern fits, here or at an address.

    Of the result of a fix they are those of its data. Hidden ones are none. Of several names of a file the one counts
    that is no link, or, where that says nothing of its format (as in the cache of the Hugging Face hub, whose files are
    named by their hashes), the first that does.

    Raises
    ------
    OSError
        If an address cannot be reached.
    """
    names: dict[tuple[int, int] | str, Entry] = {}
    links = 0
    inside = Path(where) / DATA
    top = str(inside) if not store.is_remote(where) and report_of(where) and inside.is_dir() else where
    for each in store.listed(top):
        if each.identity == each.path and each.link:
            links += 1
            continue
        known = names.get(each.identity)
        links += known is not None
        if known is None or _better(each, known):
            names[each.identity] = each
    found = sorted(names.values(), key=lambda each: each.path)
    out = _descriptions(found) if len(found) > 1 else set[str]()
    kept = [each for each in found if each.path not in out]
    return Files(tuple(each.path for each in kept), tuple(each.size for each in kept), links, tuple(sorted(out)))


def _better(one: Entry, other: Entry) -> bool:
    """Whether a name is to be preferred to another of the same file."""
    return (bool(_ending(one.path)), not one.link) > (bool(_ending(other.path)), not other.link)


def _descriptions(found: Iterable[Entry]) -> set[str]:
    """Paths of files that hold no documents."""
    paths = [each.path for each in found]
    out = {each for each in paths if _fits(each, DESCRIPTIONS)}
    pages = {each for each in paths if _fits(each, PAGES)}
    if {_ending(each) for each in paths if each not in out | pages} - {_ending(each) for each in pages}:
        out |= pages
    caches = {each for each in paths if _fits(each, (CACHES,))}
    # A cache alone is all that is left of the data: then it is read.
    if any(_ending(each) == "arrow" for each in paths if each not in caches):
        out |= caches
    return out


def _fits(path: str, patterns: tuple[str, ...]) -> bool:
    own = store.name(path)
    return any(fnmatch.fnmatchcase(own, each) or fnmatch.fnmatchcase(own.lower(), each) for each in patterns)


def _ending(path: str) -> str:
    own = store.name(path)
    return own.rsplit(".", 1)[1].lower() if "." in own else ""
