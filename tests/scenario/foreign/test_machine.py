"""The machine at hand, through a driver's tool that stands in for the real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from thirdwatt.scenario.foreign.machine import accelerator_named, machine


def tool(folder: Path, body: str) -> str:
    script = folder / "nvidia-smi"
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(0o755)
    return str(folder)


def test_boards_are_what_the_driver_says(tmp_path: Path) -> None:
    found = machine(tool(tmp_path, "for i in 1 2 3 4; do echo 'NVIDIA H100 80GB HBM3'; done"))
    assert found.value("cluster.accelerator") == "h100-sxm-80gb"
    assert found.value("cluster.count") == 4


def test_an_unknown_board_is_said(tmp_path: Path) -> None:
    found = machine(tool(tmp_path, "echo 'NVIDIA Z9000'"))
    assert found.value("cluster.accelerator") is None
    assert "Z9000 is in no table" in found.notes[0]


@pytest.mark.parametrize("body", ["exit 9", "true"])
def test_without_boards_the_processor_stands_in(tmp_path: Path, body: str) -> None:
    found = machine(tool(tmp_path, body))
    assert found.value("cluster.count") == 1


@pytest.mark.parametrize(
    ("said", "row"),
    [
        ("NVIDIA A100-SXM4-40GB", "a100-sxm-40gb"),
        ("NVIDIA A100-SXM4-80GB", "a100-sxm-80gb"),
        ("NVIDIA H100 80GB HBM3", "h100-sxm-80gb"),
        ("Tesla V100-SXM2-32GB", "v100-sxm-32gb"),
    ],
)
def test_names_of_the_driver(said: str, row: str) -> None:
    found = accelerator_named(said)
    assert found is not None
    assert found.id == row
