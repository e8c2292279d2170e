"""Commands called as their users call them: in a process of their own, or in this one, which has all loaded already."""

from __future__ import annotations

import gc
import io
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from unittest import mock

from thirdwatt.cli import main


def process(environ: Mapping[str, str], *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Call in a process of its own."""
    command = [sys.executable, "-m", "thirdwatt", *arguments]
    return subprocess.run(command, capture_output=True, text=True, input=stdin, timeout=300, env=dict(environ))


def call(environ: Mapping[str, str], *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """The same by the same entry, here: what would be a traceback there is raised."""
    out, err = io.StringIO(), io.StringIO()
    given = io.TextIOWrapper(io.BytesIO((stdin or "").encode()), encoding="utf-8")
    collect_after = gc.get_threshold()
    try:
        with (
            mock.patch.dict(os.environ, environ, clear=True),
            mock.patch.object(sys, "argv", ["thirdwatt", *arguments]),
            mock.patch.object(sys, "stdin", given),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            main()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        gc.set_threshold(*collect_after)
    return subprocess.CompletedProcess(list(arguments), code, out.getvalue(), err.getvalue())
