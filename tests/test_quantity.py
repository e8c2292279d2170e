"""Names carry units, and the vocabulary costs next to nothing to import."""

from __future__ import annotations

import subprocess
import sys

import pytest

from thirdwatt.quantity import UnitError, dimension, limits, unit


@pytest.mark.parametrize(
    ("name", "symbol", "dimensions"),
    [
        ("accelerator_power_w", "W", {"j": 1, "s": -1}),
        ("it_energy_kwh", "kWh", {"kw": 1, "h": 1}),
        ("grid_intensity_kg_per_kwh", "kg/kWh", {"kg": 1, "kw": -1, "h": -1}),
        ("w_per_kw", "W/kW", {"j": 1, "s": -1, "kw": -1}),
        ("accelerator_hours", "h", {"h": 1}),
        ("failure_per_accelerator_per_h", "failure/accelerator/h", {"h": -1}),
        ("pue", "1", {}),
        ("typical_mfu_share", "1", {}),
    ],
)
def test_units(name: str, symbol: str, dimensions: dict[str, int]) -> None:
    assert unit(name) == symbol
    assert dimension(name) == dimensions


@pytest.mark.parametrize("name", ["power", "energy_mwh", "power_w_per_rack", "joules"])
def test_a_name_without_a_unit_is_refused(name: str) -> None:
    with pytest.raises(UnitError, match=name):
        dimension(name)


def test_limits() -> None:
    assert limits("pue") == (1.0, 10.0)
    assert limits("contracted_share") == (0.0, 1.0)
    assert limits("interest_share_per_year") == (0.0, 1.0)


def loaded(code: str) -> set[str]:
    command = [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


def test_importing_the_package_loads_the_standard_library_alone() -> None:
    added = loaded("import thirdwatt, thirdwatt.quantity") - loaded("pass")
    heavy = {"numpy", "click", "pydantic", "yaml", "dataclasses", "typing", "enum", "inspect"}
    assert not added & heavy
    assert {name for name in added if name.startswith("thirdwatt")} == {"thirdwatt", "thirdwatt.quantity"}


def test_help_loads_no_numpy() -> None:
    lines = ("import sys, thirdwatt.cli", "sys.argv = ['thirdwatt', '--help']", "try: thirdwatt.cli.main()")
    code = "\n".join((*lines, "except SystemExit: pass"))
    assert "numpy" not in loaded(f"exec({code!r})")
