"""Other people's accounts: what CodeCarbon's CSV and model cards say, and what is refused in them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thirdwatt.scenario import InputError, content
from thirdwatt.scenario.accounts import Account, account, codecarbon, model_card

COLUMNS = "run_id,duration,emissions,energy_consumed,gpu_energy,gpu_count,tracking_mode,pue"


def rows(*lines: str) -> Account:
    found = codecarbon("emissions.csv", "\n".join([COLUMNS, *lines]))
    assert found is not None
    return found


def refused(*lines: str) -> list[str]:
    with pytest.raises(InputError) as found:
        rows(*lines)
    return [str(mistake) for mistake in found.value.mistakes]


# --- CodeCarbon ---------------------------------------------------------------------------------------------------


def test_overhead_is_weighted_by_energy() -> None:
    found = rows("a,3600,1,3.0,1.5,1,machine,1.5", "b,3600,1,1.2,0.6,1,machine,1.2")
    assert found.factors["facility_energy_kwh"] == pytest.approx(4.2)
    assert found.factors["it_energy_kwh"] == pytest.approx(2 + 1)
    assert found.factors["pue"] == pytest.approx(4.2 / 3)
    assert found.notes[1] == "PUE 1.2 to 1.5, by energy 1.4"


def test_the_parts_hold_the_overhead_too() -> None:
    """CodeCarbon multiplies what each part drew before it adds it to that part and to the sum."""
    found = rows("a,3600,1,3.0,1.5,1,machine,1.5")
    assert found.factors["pue"] == 1.5
    assert found.factors["accelerators_energy_kwh"] == pytest.approx(1.0)
    assert found.factors["it_energy_kwh"] == pytest.approx(2.0)
    assert len(found.notes) == 1


def test_no_overhead_is_said() -> None:
    assert "PUE 1: the building is not counted" in rows("a,3600,1,3.0,,,machine,").notes
    assert "PUE 1: the building is not counted" in rows("a,3600,1,3,,,,1", "b,3600,1,3,,,,1.0").notes


def test_overhead_of_no_energy_is_not_told() -> None:
    found = rows("a,3600,0,0,0,1,machine,1.5", "b,3600,0,0,0,1,machine,1.2")
    assert found.factors == {"accelerator_hours": 2.0, "carbon_kg": 0.0}


def test_cells_that_are_no_numbers_are_named() -> None:
    said = refused("a,3600,1,3.0,,,machine,1", "b,x,1,,-1,inf,machine,0.5")
    assert said == [
        "emissions.csv: line 3, column duration: 'x' is no number; correct the cell",
        "emissions.csv: line 3, column energy_consumed: is empty; correct the cell",
        "emissions.csv: line 3, column gpu_energy: '-1' is not between 0 and 1e+30; correct the cell",
        "emissions.csv: line 3, column gpu_count: 'inf' is not between 0 and 1e+30; correct the cell",
        "emissions.csv: line 3, column pue: '0.5' is not between 1 and 1e+30; correct the cell",
    ]


def test_rows_that_a_later_one_stands_for_are_not_read() -> None:
    assert rows("a,x,1,3.0,,,machine,1", "a,3600,2,6.0,,,machine,1").factors["carbon_kg"] == 2


def test_figures_that_are_not_finite_are_refused() -> None:
    assert refused("a,3600,1e30,5e-324,,,machine,1") == [
        "emissions.csv: its numbers make no finite grid_intensity_kg_per_kwh; check their units"
    ]


def test_a_cell_too_long_for_csv_is_a_mistake() -> None:
    (said,) = refused("a," + "1" * 200_000 + ",1,1,,,,")
    assert said.startswith("emissions.csv: line 1: is not CSV: field larger than field limit")


@pytest.mark.parametrize("name", ["emissions.csv", "README.md"])
def test_large_files_are_refused_and_not_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(content, "MAX_ACCOUNT", 100)
    path = tmp_path / name
    path.write_text(f"{COLUMNS}\na,3600,1,3.0,,,machine,1\nb,3600,1,3.0,,,machine,1\n")
    with pytest.raises(InputError, match="is larger than 100 bytes"):
        account(str(path))


CELLS = st.one_of(
    st.floats().map(repr), st.floats(0, 1e6).map(repr), st.sampled_from(["", " ", "x", "1", "1_0", "5e-324", "1e30"]),
    st.text(max_size=5),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), *[CELLS] * 7), max_size=4))
def test_any_rows_end_in_finite_factors_or_in_mistakes(drawn: list[tuple[str, ...]]) -> None:
    text = "\n".join([COLUMNS, *(",".join(cells) for cells in drawn)])
    try:
        found = codecarbon("emissions.csv", text)
    except InputError as error:
        assert error.mistakes
        return
    assert found is not None
    assert all(math.isfinite(value) and value >= 0 for value in found.factors.values())


# --- model cards --------------------------------------------------------------------------------------------------

BOMB = "\n".join(
    ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
)


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ("date: 2024-99-99\nco2_eq_emissions: 1", "front matter is not valid YAML: month must be in 1..12"),
        (f"co2_eq_emissions: {'[' * 20_000}", "nested too deeply"),
        (f"{BOMB}\nco2_eq_emissions: {{emissions: 1, source: *a8}}", "aliases (*name) are not allowed"),
        (f"a: {'x' * 200_001}\nco2_eq_emissions: 1", "more than 200,000 characters"),
        ("x: !!bool perhaps\nco2_eq_emissions: 1", "a value is not what its tag says"),
        ("co2_eq_emissions: .nan", "is not between 0 and 1e+30; it is in grams"),
        ("co2_eq_emissions: .inf", "is not between 0 and 1e+30"),
        ("co2_eq_emissions: -1", "is not between 0 and 1e+30"),
        (f"co2_eq_emissions: 0x{'f' * 9_000}", "is not between 0 and 1e+30"),
        ("co2_eq_emissions: {emissions: many}", "is missing or no number"),
        ("- a list", "is missing or no number"),
    ],
)
def test_cards_that_cannot_be_used_are_mistakes(front: str, said: str) -> None:
    with pytest.raises(InputError) as found:
        model_card("README.md", f"---\n{front}\n---\n# A model\n")
    (mistake,) = found.value.mistakes
    assert said in str(mistake)
    assert len(str(mistake)) < 400


def test_words_of_a_card_are_cut() -> None:
    source, place = "word " * 9_000, f"0x{'f' * 9_000}"
    stated = f"emissions: 5, source: {source}, hardware_used: [A100, V100], geographical_location: {place}"
    found = model_card("README.md", f"---\nco2_eq_emissions: {{{stated}}}\n---\n")
    _, source, hardware = found.notes
    assert source.startswith("source: word word")
    assert len(source) < 250
    assert hardware == "hardware_used: A100, V100"


def test_front_matter_ends_at_a_line_of_its_own() -> None:
    found = model_card("README.md", "---\r\nlicense: a---b\r\nco2_eq_emissions: 1500\r\n---\r\n# A --- model\r\n")
    assert found.factors == {"carbon_kg": 1.5}
    with pytest.raises(InputError, match="no front matter"):
        model_card("README.md", "---\nco2_eq_emissions: 1500\n")
