"""The folder of a scan: what it has come to is written now and then, so that a scan that was killed goes on from there.

``place.npz`` is replaced as a whole. It says how many rows of each column it knows of; what stands behind them was
written later, and is read again.
"""

from __future__ import annotations

import fcntl
import io
import json
import os
import shutil
import zipfile
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

NAME = "place.npz"
DOCUMENT = "document"

Place = tuple[dict[str, Any], dict[str, NDArray[Any]]]
"""What can be written as JSON, and arrays by name."""


class Journal:
    """Where a scan works.

    Parameters
    ----------
    folder
        Its own, made where it is not there, and gone when the work is done.

    Raises
    ------
    OSError
        If it cannot be written, or another scan works there.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        os.makedirs(self.folder, exist_ok=True)  # noqa: PTH103
        self._lock = os.open(self._path("lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name)  # noqa: PTH118

    def save(self, document: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        """Replace what is known by this."""
        data = io.BytesIO()
        told = np.frombuffer(json.dumps(document).encode(), np.uint8)
        np.savez(data, allow_pickle=False, **{DOCUMENT: told}, **arrays)
        aside = self._path(NAME + ".part")
        with open(aside, "wb") as file:  # noqa: PTH123
            file.write(data.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, self._path(NAME))  # noqa: PTH105

    def load(self) -> Place | None:
        """What was known when it was interrupted; nothing where that was nothing, or cannot be read."""
        try:
            with open(self._path(NAME), "rb") as file, np.load(file, allow_pickle=False) as found:  # noqa: PTH123
                arrays = {name: found[name] for name in found.files}
            return json.loads(arrays.pop(DOCUMENT).tobytes()), arrays
        except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError):
            return None

    def clear(self) -> None:
        """Remove what is left of earlier work."""
        for entry in os.scandir(self.folder):
            if entry.name != "lock":
                os.unlink(entry.path)  # noqa: PTH108

    def done(self) -> None:
        """The work is done: its folder goes, and first of all what says that there is something to go on with."""
        with suppress(FileNotFoundError):
            os.unlink(self._path(NAME))  # noqa: PTH108
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)

    def leave(self) -> None:
        """Let go of the folder, which stays for the next one."""
        os.close(self._lock)
