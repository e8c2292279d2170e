"""Commands of datasets, called with what is kept below a folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.cli import calling


def environ(where: Path) -> dict[str, str]:
    """Of a call: what is kept lies below a folder."""
    return {**os.environ, "THIRDWATT_DIR": str(where / "kept"), "COLUMNS": "100"}


def process(where: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call in a process of its own."""
    return calling.process(environ(where), *arguments)


def call(where: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call in this one."""
    return calling.call(environ(where), *arguments)
