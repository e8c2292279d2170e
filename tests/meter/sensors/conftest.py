"""Machines to read: a tree of kernel files, and libraries of drivers compiled for the test."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


class Machine:
    """A folder that stands for a machine's root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = str(folder)

    def write(self, path: str, text: object) -> Path:
        """Put a file where the kernel has it."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")
        return file


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A library with the functions of NVML and AMD SMI that the sensors call, answering from a text file."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("there is no C compiler to build the stand-in for the driver's library")
    built = tmp_path_factory.mktemp("stub") / "libstub.so"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", str(built), str(Path(__file__).with_name("stub.c"))], check=True
    )
    return str(built)


class Script:
    """What a stand-in library answers: lines of keys and values."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.lines: dict[str, object] = {}

    def put(self, given: dict[str, object]) -> None:
        """Change answers; ``None`` takes one back."""
        for key, value in given.items():
            self.lines.pop(key, None)
            if value is not None:
                self.lines[key] = value
        self.file.write_text("".join(f"{key} {value}\n" for key, value in self.lines.items()))


@pytest.fixture
def nvml(library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    file = tmp_path / "nvml.txt"
    monkeypatch.setenv("STUB_NVML", str(file))
    return Script(file)


@pytest.fixture
def smi(library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    file = tmp_path / "smi.txt"
    monkeypatch.setenv("STUB_AMDSMI", str(file))
    return Script(file)
