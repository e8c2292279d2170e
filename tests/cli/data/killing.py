"""Commands that are killed at random moments, until one of them comes to its end; and what they leave behind."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.data.fix.test_dedup import contents


def killed(
    arguments: Sequence[str], out: Path, whole: dict[str, bytes], kills: int, moments_s: tuple[float, float]
) -> int:
    """Kill a command as often as is said, and begin it anew where it has ended: how often it came to a result.

    Whenever there is a result it must be the whole one.
    """
    draw = random.Random(11)
    results = 0
    while kills:
        command = [sys.executable, "-m", "thirdwatt", *arguments, str(out)]
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ})
        try:
            child.wait(draw.uniform(*moments_s))
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
            kills -= 1
        if out.exists():
            assert contents(out) == whole
            results += 1
            shutil.rmtree(out)
    return results
