"""Commands called as their users call them: in a process of their own, or in this one, which has all loaded already."""

from __future__ import annotations

import gc
import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

from thirdwatt.cli import main


def environ(where: Path) -> dict[str, str]:
    """Of a call: what is kept lies below a folder."""
    return {**os.environ, "THIRDWATT_DIR": str(where / "kept"), "COLUMNS": "100"}


def process(where: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call in a process of its own."""
    command = [sys.executable, "-m", "thirdwatt", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=environ(where))


def call(where: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The same by the same entry, here: what would be a traceback there is raised."""
    out, err = io.StringIO(), io.StringIO()
    collect_after = gc.get_threshold()
    try:
        with mock.patch.dict(os.environ, environ(where)), mock.patch.object(sys, "argv", ["thirdwatt", *arguments]), \
                redirect_stdout(out), redirect_stderr(err):  # fmt: skip
            main()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        gc.set_threshold(*collect_after)
    return subprocess.CompletedProcess(list(arguments), code, out.getvalue(), err.getvalue())
