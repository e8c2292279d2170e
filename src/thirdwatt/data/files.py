"""The files of a dataset: each once, however many links lead to it."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Files:
    """Files of a dataset, by their paths.

    Attributes
    ----------
    paths
        In the order of their names.
    links
        Other names of files that are among them, or that lead out of the folder: no copies.
    """

    paths: tuple[str, ...]
    links: int

    @property
    def byte(self) -> int:
        """What they take as they are stored."""
        return sum(os.path.getsize(each) for each in self.paths)  # noqa: PTH202


def files(where: str) -> Files:
    """The files of a path: itself, what is below a folder, or what a pattern fits. Hidden ones are none."""
    seen: set[tuple[int, int]] = set()
    paths: list[str] = []
    links = 0
    for path in _named(where):
        try:
            found = os.stat(path)  # noqa: PTH116
        except OSError:  # a link that leads nowhere
            links += 1
            continue
        linked = os.path.islink(path) and path != where  # noqa: PTH114
        if linked or (found.st_dev, found.st_ino) in seen:
            links += 1
            continue
        seen.add((found.st_dev, found.st_ino))
        paths.append(path)
    return Files(tuple(paths), links)


def _named(where: str) -> Iterator[str]:
    if os.path.isdir(where):  # noqa: PTH112
        for above, folders, names in os.walk(where):
            folders[:] = sorted(each for each in folders if not each.startswith("."))
            yield from (os.path.join(above, each) for each in sorted(names) if not each.startswith("."))  # noqa: PTH118
    elif os.path.exists(where):  # noqa: PTH110
        yield where
    else:
        yield from (each for each in sorted(glob.glob(where, recursive=True)) if os.path.isfile(each))  # noqa: PTH113, PTH207
