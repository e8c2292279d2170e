"""Grids and facilities: every place has an intensity with a basis, every chain ends at the world, every site a PUE."""

from __future__ import annotations

from collections import Counter

import pytest

from thirdwatt.facts import Figure, sources, table
from thirdwatt.facts.table import Row

BASES = ("life-cycle", "direct")

SHARE_ALIKE = ("odbl", "by-sa", "agpl")


def of_kind(kind: str) -> list[Row]:
    return [row for row in table("grids") if row.text["kind"] == kind]


def intensity(region: str, basis: str) -> float:
    return table("grids").rows[region].figures[f"grid_intensity_kg_per_kwh@{basis}"].value


def nearest(region: str, quantity: str) -> Figure | None:
    for row in table("grids").lineage(region):
        for field in (quantity, *(f"{quantity}@{basis}" for basis in BASES)):
            if field in row.figures:
                return row.figures[field]
    return None


def test_how_many_places_there_are() -> None:
    kinds = Counter(row.text["kind"] for row in table("grids"))
    assert kinds["country"] >= 200
    assert kinds["us-state"] == 51
    assert kinds["egrid"] == 27
    assert kinds["cloud-region"] >= 100
    assert set(kinds) == {
        "aggregate",
        "cloud-region",
        "country",
        "egrid",
        "province",
        "technology",
        "us-state",
    }


def test_every_chain_ends_at_the_world() -> None:
    for row in table("grids"):
        chain = table("grids").lineage(row.id)
        assert chain[-1].id == "world", row.id
        assert len({stop.id for stop in chain}) == len(chain), row.id


def test_every_place_has_an_intensity_electricity_and_water() -> None:
    for row in table("grids"):
        for quantity in ("grid_intensity_kg_per_kwh", "electricity_usd_per_kwh", "grid_water_l_per_kwh"):
            assert nearest(row.id, quantity) is not None, f"{row.id} {quantity}"


def test_an_intensity_always_says_its_basis() -> None:
    for row in table("grids"):
        assert "grid_intensity_kg_per_kwh" not in row.figures, row.id


def test_countries_do_not_fall_back_on_the_world() -> None:
    """A country's intensity is its own, or that of the neighbour whose grid it is on."""
    for row in of_kind("country"):
        chain = table("grids").lineage(row.id)
        own = [stop.id for stop in chain if "grid_intensity_kg_per_kwh@life-cycle" in stop.figures]
        assert own[0] not in ("world", "eu"), row.id


@pytest.mark.parametrize(
    ("region", "basis", "grams"),
    [
        ("world", "life-cycle", 472.9),
        ("eu", "life-cycle", 213.0),
        ("us", "life-cycle", 383.6),
        ("cn", "life-cycle", 557.5),
        ("in", "life-cycle", 709.0),
        ("de", "life-cycle", 342.1),
        ("fr", "life-cycle", 44.2),
        ("gb", "life-cycle", 215.8),
        ("no", "life-cycle", 30.8),
        ("se", "life-cycle", 35.9),
        ("pl", "life-cycle", 615.0),
        ("za", "life-cycle", 713.9),
        ("jp", "life-cycle", 483.7),
        ("ca", "life-cycle", 185.0),
        ("egrid:camx", "direct", 226.5),
        ("egrid:erct", "direct", 351.2),
        ("egrid:rfcw", "direct", 456.2),
        ("egrid:srvc", "direct", 284.0),
        ("egrid:nwpp", "direct", 274.8),
        ("egrid:nyup", "direct", 125.0),
        ("egrid:mroe", "direct", 675.1),
        ("egrid:hioa", "direct", 719.7),
        ("us-ca", "direct", 179.1),
        ("us-tx", "direct", 349.8),
        ("us-va", "direct", 244.8),
        ("gb", "direct", 177.0),
        ("in", "direct", 727.0),
        ("gcp:europe-north2", "direct", 2.7),
        ("gcp:europe-west9", "direct", 16.3),
        ("technology:coal", "life-cycle", 820),
        ("technology:gas", "life-cycle", 490),
        ("technology:nuclear", "life-cycle", 12),
    ],
)
def test_anchors(region: str, basis: str, grams: float) -> None:
    assert 1000 * intensity(region, basis) == pytest.approx(grams, rel=0.1)


def test_states_are_in_kilograms_not_pounds() -> None:
    """The source gives lb/MWh; kg/kWh of no state is above 1.1, and the mean of the states is that of the country."""
    states = [intensity(row.id, "direct") for row in of_kind("us-state")]
    assert all(0 < value < 1.1 for value in states)
    assert sum(states) / len(states) == pytest.approx(intensity("us", "direct"), rel=0.15)


def test_a_state_can_consume_what_its_subregion_generates() -> None:
    """Vermont generates next to nothing from fuel and buys from New England."""
    vermont = table("grids").rows["us-vt"].figures["grid_intensity_kg_per_kwh@direct"]
    assert vermont.high >= 0.99 * intensity("egrid:newe", "direct")


def test_stack_emissions_are_below_those_of_the_life_cycle() -> None:
    for row in of_kind("technology"):
        if "grid_intensity_kg_per_kwh@direct" in row.figures:
            assert intensity(row.id, "direct") < intensity(row.id, "life-cycle"), row.id


def test_no_source_of_a_grid_binds_those_who_pass_it_on() -> None:
    used = {figure.source for row in table("grids") for figure in row.figures.values()}
    for source in used:
        licence = sources()[source]["licence"].lower()
        assert not any(word in licence for word in SHARE_ALIKE), f"{source}: {licence}"


def test_regions_that_published_maps_put_on_different_grids_say_so() -> None:
    for region in ("aws:us-west-2", "azure:westus", "azure:northcentralus"):
        assert "g/kWh" in table("grids").rows[region].text["conflict"]


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("USA", "us"),
        ("United Kingdom", "gb"),
        ("fra", "fr"),
        ("Namibia", "na"),
        ("Georgia", "ge"),
        ("us-georgia", "us-ga"),
        ("Virginia", "us-va"),
        ("CAMX", "egrid:camx"),
        ("us-east-1", "aws:us-east-1"),
        ("us-east1", "gcp:us-east1"),
        ("eastus", "azure:eastus"),
        ("Quebec", "ca-qc"),
        ("behind-the-meter-gas", "technology:gas-turbine"),
    ],
)
def test_places_go_by_their_usual_names(name: str, region: str) -> None:
    found = table("grids").find(name)
    assert found is not None
    assert found.id == region


def test_no_alias_is_the_id_of_another_place() -> None:
    for name in ("grids", "facilities"):
        for row in table(name):
            for alias in row.text.get("aliases", "").split("|"):
                assert alias == row.id or alias not in table(name).rows, f"{row.id} {alias}"


def test_every_facility_has_what_a_run_needs() -> None:
    for row in table("facilities"):
        assert row.text["liquid"] in ("yes", "no"), row.id
        assert 1 <= row.figures["typical_pue_ratio"].low <= row.figures["typical_pue_ratio"].value, row.id
        assert "wue_l_per_kwh" in row.figures, row.id


@pytest.mark.parametrize(
    ("facility", "pue"),
    [
        ("google-2024", 1.09),
        ("meta-2023", 1.08),
        ("microsoft-fy25", 1.17),
        ("aws-2024", 1.15),
        ("frontier", 1.03),
        ("lumi", 1.04),
        ("jean-zay", 1.2),
        ("nrel-esif", 1.036),
        ("uptime-2007", 2.5),
        ("uptime-2025", 1.54),
    ],
)
def test_anchors_of_facilities(facility: str, pue: float) -> None:
    assert table("facilities").rows[facility].figures["typical_pue_ratio"].value == pue
