"""The machine at hand as the cluster of a scenario: what the driver's tool and the kernel say of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from thirdwatt.facts import Row, table
from thirdwatt.scenario.foreign.draft import Draft

_MAKERS = ("nvidia-", "tesla-", "geforce-", "amd-", "instinct-", "quadro-")
TIMEOUT_S = 10


def machine(path: str | None = None) -> Draft:
    """The accelerators of this machine, or its processor.

    Parameters
    ----------
    path
        Where to look for ``nvidia-smi`` in place of the search path.
    """
    found = Draft("this machine")
    names = _boards(path)
    if names:
        row = accelerator_named(names[0])
        if row is None:
            found.notes.append(f"{names[0]} is in no table: give its datasheet, or name the nearest accelerator")
        else:
            found.put("cluster.accelerator", row.id, f"nvidia-smi: {names[0]}")
        found.put("cluster.count", len(names), "nvidia-smi")
        if len(set(names)) > 1:
            found.notes.append(f"boards differ: {', '.join(sorted(set(names)))}; all are taken as the first")
        return found
    name = _processor()
    row = accelerator_named(name) if name else None
    found.put("cluster.accelerator", row.id if row else "cpu-laptop", f"no accelerator; {name or 'unnamed processor'}")
    if row is None:
        cores = os.cpu_count() or 1
        found.notes.append(f"{name or 'the processor'} ({cores} threads) is in no table: cpu-laptop stands in")
    found.put("cluster.count", 1, "one processor")
    return found


def _boards(path: str | None) -> list[str]:
    tool = shutil.which("nvidia-smi", path=path)
    if tool is None:
        return []
    try:
        said = subprocess.run(  # noqa: S603 - a tool found on the search path, without a shell
            [tool, "--query-gpu=name", "--format=csv,noheader"],
            capture_output=True, text=True, timeout=TIMEOUT_S, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in said.stdout.splitlines() if line.strip()]


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    match = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return match[1].strip() if match else ""


def accelerator_named(name: str) -> Row | None:
    """Accelerator that a driver's name means: ``NVIDIA H100 80GB HBM3`` is ``h100-sxm-80gb``."""
    chips = table("accelerators")
    short = "-".join(re.sub(r"\((?:r|tm)\)|cpu|@.*|processor", " ", name.lower()).replace("_", " ").split())
    for maker in _MAKERS:
        short = short.removeprefix(maker)
    words = short.split("-")
    for end in range(len(words), 0, -1):
        found = chips.find("-".join(words[:end]))
        if found is not None:
            return found
    return None
