"""Slurm's own account, from programs that answer as Slurm's do."""

from __future__ import annotations

from pathlib import Path

import pytest

from thirdwatt.meter.sensors.slurm import EVERY_NS, Slurm, consumed


def program(folder: Path, name: str, text: str, code: int = 0) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\nexit {code}\n")
    file.chmod(0o755)


@pytest.fixture
def cluster(tmp_path: Path) -> dict[str, str]:
    program(tmp_path, "scontrol", "AccountingStorageType = x\nAcctGatherEnergyType    = acct_gather_energy/ipmi")
    program(tmp_path, "sstat", "77.0|1000\n77.batch|500")
    program(tmp_path, "sacct", "77|3000")
    return {"PATH": f"{tmp_path}:/usr/bin:/bin", "SLURM_JOB_ID": "77", "FOLDER": str(tmp_path)}


def test_the_energy_of_a_job_is_that_of_what_srun_started(cluster: dict[str, str]) -> None:
    slurm = Slurm(environ=cluster)
    assert slurm.probe() == (True, "", "")
    assert slurm.read(0) == []
    (channel,) = slurm.open()
    assert (channel.scope, channel.unit, channel.device) == ("job", "J", "job-77")
    assert slurm.read(0) == [(channel.id, 1000.0, 0)]
    program(Path(cluster["FOLDER"]), "sstat", "77.0|9000")
    assert slurm.read(EVERY_NS - 1) == [(channel.id, 1000.0, 0)]
    assert slurm.read(EVERY_NS) == [(channel.id, 9000.0, EVERY_NS)]
    slurm.close()


def test_steps_that_ended_are_asked_of_the_accounts(cluster: dict[str, str]) -> None:
    program(Path(cluster["FOLDER"]), "sstat", "", 1)
    slurm = Slurm(environ=cluster)
    slurm.open()
    assert slurm.read(0)[0].value == 3000.0


@pytest.mark.parametrize(
    ("told", "joules"),
    [
        ("", None),
        ("77|", None),
        ("77|0\n77.0|0", None),
        ("77|18446744073709551614", None),
        ("77|4294967294", None),
        ("77|10\n77.0|4\n77.0|5\n77.1|6", 11.0),
        ("77|10", 10.0),
        ("77|10\n77.batch|300\n77.extern|310", 310.0),
        ("77.batch|300\n77.0|100\n77.1|150", 250.0),
        ("garbage", None),
        ("77.0|1.5K", None),
    ],
)
def test_what_slurm_says(told: str, joules: float | None) -> None:
    assert consumed(told) == joules


def test_reasons(cluster: dict[str, str], tmp_path: Path) -> None:
    assert Slurm(environ={}).probe().reason == "This is no job of Slurm."
    assert Slurm(environ={"SLURM_JOB_ID": "1;x"}).probe().reason == "This is no job of Slurm."
    assert Slurm(environ={"SLURM_JOB_ID": "1", "PATH": str(tmp_path / "no")}).probe().reason == (
        "scontrol gives no answer here."
    )
    program(tmp_path, "scontrol", "AcctGatherEnergyType    = (null)")
    assert "does not account for energy" in Slurm(environ=cluster).probe().reason
    program(tmp_path, "scontrol", "AcctGatherEnergyType    = acct_gather_energy/rapl")
    program(tmp_path, "sstat", "77.0|")
    program(tmp_path, "sacct", "77|")
    assert Slurm(environ=cluster).probe().reason == "Slurm has no energy for this job yet."
    assert Slurm(environ=cluster).open() == []
