"""``thirdwatt doctor``: every sensor, why it does not work, the fix, and what would be modelled."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from tests.meter.sensors.conftest import Machine
from tests.meter.sensors.test_rapl import zone
from thirdwatt.cli.doctor import SCHEMA, command, document, said
from thirdwatt.meter.sensors import ALL


def test_it_names_every_sensor_and_ends_well() -> None:
    done = CliRunner().invoke(command, [])
    assert done.exit_code == 0
    assert all(f"\n  {name} " in done.stdout for name in ALL)
    assert "This machine" in done.stdout


def test_the_document_says_the_same() -> None:
    done = CliRunner().invoke(command, ["--json"])
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert found["schema"] == SCHEMA
    assert [row["name"] for row in found["sensors"]] == list(ALL)
    for row in found["sensors"]:
        assert row["works"] or row["reason"]
        assert row["works"] or not row["channels"]
    assert [row["component"] for row in found["components"]] == ["accelerator", "cpu", "dram", "node"]


def test_a_server_with_counters_is_measured_but_for_what_they_leave_out(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    zone(machine, "intel-rapl:0", "package-0")
    zone(machine, "intel-rapl:1", "psys", 5)
    machine.write("proc/meminfo", f"MemTotal: {64 * 2**20} kB\nMemAvailable: 1 kB")
    machine.write("sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de")
    machine.write("sys/bus/pci/devices/0000:01:00.0/class", "0x030200")
    found = document(machine.root)
    status = {row["component"]: row["status"] for row in found["components"]}
    assert status == {"accelerator": "not measured", "cpu": "measured", "dram": "modelled", "node": "not measured"}
    rapl = next(row for row in found["sensors"] if row["name"] == "rapl")
    assert [(each["device"], each["counted"], each["watts"]) for each in rapl["channels"]] == [
        ("package-0", True, 0.0), ("platform-1", False, 0.0),
    ]  # fmt: skip
    text = said(found)
    assert "processors     measured by RAPL package energy" in text
    assert "memory         modelled: anything from 1.5 to 40 W at work" in text
    assert "(inside another, not added)" in text
    assert "accelerators   there, but not measured" in text


def test_a_module_measures_its_parts(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.write("sys/class/hwmon/hwmon0/name", "power_meter")
    machine.write("sys/class/hwmon/hwmon0/power1_average", 600_000_000)
    machine.write("sys/class/hwmon/hwmon0/power1_oem_info", "Module Power Socket 0")
    found = document(machine.root)
    assert [row["status"] for row in found["components"]] == ["measured", "measured", "measured", "not measured"]
    assert "600.0 W now" in said(found)


def test_an_empty_machine_measures_nothing_and_says_so(tmp_path: Path) -> None:
    found = document(str(tmp_path))
    assert not any(row["works"] for row in found["sensors"])
    status = [row["status"] for row in found["components"]]
    assert status == ["absent", "modelled", "modelled", "not measured"]
    assert "anything from 8 to 500 W" in said(found)
