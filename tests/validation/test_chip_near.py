"""The nearest chip that was measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from thirdwatt.scenario.blueprint import shipping
from thirdwatt.validation.chip_near import near
from thirdwatt.validation.chips import POWER, points

MEASURED = sorted({each.chip for each in points() if each.quantity == POWER})


@pytest.mark.parametrize("chip", MEASURED)
def test_a_chip_that_was_measured_is_nearest_to_itself(chip: str) -> None:
    found = near(shipping(chip), chip)
    assert found.chip == chip
    assert found.apart == ()
    assert len(found.power) == sum(each.quantity == POWER and each.chip == chip for each in points())
    assert found.fitted == any(each.fitted for each in points() if each.chip == chip)


def test_a_design_is_near_to_what_is_fed_as_it_is() -> None:
    b200 = shipping("b200-sxm-180gb")
    design = replace(b200, choices={**b200.choices, "process": "n3e"})
    found = near(design, "b200-sxm-180gb")
    assert (found.chip, found.apart) == ("b200-sxm-180gb", ("process",))
    threads = replace(design, choices={**design.choices, "operands": "registers", "accumulators": "registers"})
    assert near(threads).chip != "b200-sxm-180gb"


def test_a_design_with_constants_before_any_fit_is_told_their_errors() -> None:
    h100 = shipping("h100-sxm-80gb")
    fitted, prior = near(h100), near(replace(h100, constants="prior"))
    assert (prior.chip, fitted.fitted, prior.fitted) == (fitted.chip, True, False)
    assert [error for _, error in prior.power] != [error for _, error in fitted.power]
    assert prior.area != fitted.area
    assert prior.median != fitted.median


def test_the_median_is_over_chips_that_nothing_is_fitted_to() -> None:
    found = near(shipping("h100-sxm-80gb"))
    fitted = {each.chip for each in points() if each.fitted}
    assert found.n == sum(each.quantity == POWER and each.chip not in fitted for each in points())
    assert 0 < found.median < 1
    assert np.isfinite([error for _, error in found.power]).all()
