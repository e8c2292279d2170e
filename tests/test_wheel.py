"""The built wheel installs and answers in an environment of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_wheel_runs_in_a_clean_environment(tmp_path: Path) -> None:
    """Dependencies come from the index if there is one, else from the environment the tests run in."""
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    home = tmp_path / "clean"
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    python = str(home / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    whole = subprocess.run([*pip, "-c", str(ROOT / "constraints.txt"), str(wheel)], check=False, capture_output=True)
    if whole.returncode:
        subprocess.run([*pip, "--no-deps", str(wheel)], check=True)
        (packages,) = home.glob("lib/python*/site-packages")
        (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    command = str(home / "bin" / "thirdwatt")
    done = subprocess.run([command, "estimate", "gpt-4o", "--json"], check=True, capture_output=True, cwd=tmp_path)
    assert json.loads(done.stdout)["formula"]["carbon_kg"] == pytest.approx(7_546_000)
    where = subprocess.run(
        [python, "-c", "import thirdwatt; print(thirdwatt.__file__)"], check=True, capture_output=True, cwd=tmp_path
    )
    assert str(home) in where.stdout.decode()
