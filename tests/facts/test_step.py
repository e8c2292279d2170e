"""What a model of the step's time reads of a chip and of a network: there for every row, and physically plausible."""

from __future__ import annotations

import pytest

from thirdwatt.facts import Row, table

CHIP = (
    "accelerator_memory_byte",
    "accelerator_memory_byte_per_s",
    "accelerator_link_byte_per_s",
    "fabric_accelerator_count",
)
PROCESSORS = ("cpu", "cpu-desktop", "cpu-server")
"""Generations whose memory stands in sockets beside the chip."""

WITHOUT_UNITS = {"b100", "maia-100"}
"""Chips whose makers do not say how many units they have."""

PCIE_BYTE_PER_S = 63e9
"""Of sixteen lanes of the fifth generation, per direction: the most that cards without a fabric have between them."""


def every(name: str) -> list[object]:
    return [pytest.param(row, id=row.id) for row in table(name)]


def value(row: Row, field: str) -> float:
    return row.figures[field].value


@pytest.mark.parametrize("row", every("accelerators"))
def test_every_accelerator_has_what_a_step_needs(row: Row) -> None:
    for field in CHIP:
        assert field in row.figures, field
        assert row.figures[field].low > 0, field
    assert ("compute_unit_count" in row.figures) == (row.id not in WITHOUT_UNITS)


@pytest.mark.parametrize("row", every("accelerators"))
def test_an_accelerator_is_plausible(row: Row) -> None:
    memory, link = value(row, "accelerator_memory_byte_per_s"), value(row, "accelerator_link_byte_per_s")
    assert row.figures["accelerator_link_byte_per_s"].high <= memory, "a link is slower than the memory it reads"
    seconds = value(row, "accelerator_memory_byte") / memory
    assert seconds < 4, "memory is read whole in seconds"
    if row.text["generation"] not in PROCESSORS:
        assert seconds < 0.7, "an accelerator reads its memory whole in less than a second"
    peak = max(figure.value for field, figure in row.figures.items() if field.startswith("accelerator_peak_flop"))
    assert 0.005 < peak / memory < 4e3, "operations per byte of memory"
    if value(row, "fabric_accelerator_count") == 1 and row.text["generation"] != "wafer":
        assert link <= PCIE_BYTE_PER_S, "without a fabric there is PCIe at best"


@pytest.mark.parametrize("row", every("accelerators"))
def test_counts_are_whole_and_do_not_spread(row: Row) -> None:
    for field in ("fabric_accelerator_count", "compute_unit_count"):
        if figure := row.figures.get(field):
            assert figure.low == figure.value == figure.high == round(figure.value) >= 1, field


@pytest.mark.parametrize("row", every("accelerators"))
def test_a_fabric_fills_its_host_or_joins_whole_hosts(row: Row) -> None:
    fabric = round(value(row, "fabric_accelerator_count"))
    host = round(table("hosts").rows[row.text["host"]].figures["accelerators_in_host_count"].value)
    bridged = fabric in (2, 4) and row.text["host"] in ("pcie-server-8", "pcie-server-4", "workstation")
    alone = fabric == 1
    assert bridged or alone or fabric % host == 0


@pytest.mark.parametrize("row", every("networks"))
def test_every_network_has_what_a_step_needs(row: Row) -> None:
    rate, latency = row.figures["network_byte_per_s"], row.figures["network_latency_s"]
    assert 1e8 < rate.low <= rate.value <= rate.high <= 100e9
    assert 5e-7 < latency.low < latency.value < latency.high <= 1e-4


@pytest.mark.parametrize("row", every("accelerators"))
def test_a_fabric_is_faster_than_the_network(row: Row) -> None:
    if value(row, "fabric_accelerator_count") > 1:
        network = table("networks").rows[row.text["network"]]
        assert row.figures["accelerator_link_byte_per_s"].high >= network.figures["network_byte_per_s"].value


@pytest.mark.parametrize(
    ("row", "gbit_per_s"),
    [
        ("ib-200g", 200),
        ("ib-400g", 400),
        ("ib-800g", 800),
        ("roce-400g", 400),
        ("slingshot-200g", 200),
        ("efa-400g", 400 / 8),
        ("efa-800g", 800 / 16),
        ("efa-3200g", 3200 / 8),
    ],
)
def test_a_network_carries_what_its_name_says(row: str, gbit_per_s: float) -> None:
    assert value(table("networks").rows[row], "network_byte_per_s") == pytest.approx(gbit_per_s * 1e9 / 8)


@pytest.mark.parametrize(
    ("row", "fabric"),
    [
        ("h100-sxm-80gb", 8),
        ("gb200", 72),
        ("gb300", 72),
        ("gh200-96gb", 4),
        ("rtx-4090", 1),
        ("mi300x", 8),
        ("gaudi3", 8),
        ("tpu-v4", 4096),
        ("tpu-v5e", 256),
        ("tpu-v5p", 8960),
        ("trainium2", 16),
    ],
)
def test_fabrics_that_are_well_known(row: str, fabric: int) -> None:
    assert value(table("accelerators").rows[row], "fabric_accelerator_count") == fabric
