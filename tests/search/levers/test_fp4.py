"""Products in fp4: only on chips that have them, and off unless allowed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.search.levers.priced import ratio, reason, today, ways
from thirdwatt.search.levers.fp4 import LEVER
from thirdwatt.search.levers.lever import UNKNOWN


def test_it_is_quicker_on_a_chip_that_has_them() -> None:
    run = today("pretrain-7b-256xa100", {"cluster.accelerator": "b200-sxm-180gb"})
    (way,) = ways(LEVER, run)
    assert 0.4 < ratio(run, way) < 0.9
    assert LEVER.quality == UNKNOWN


@pytest.mark.parametrize(
    ("preset", "change", "why"),
    [
        ("pretrain-7b-256xa100", {"cluster.accelerator": "b200-sxm-180gb", "layout.precision": "fp4"}, "already"),
        ("startup-lora-8xh100", {"cluster.accelerator": "b200-sxm-180gb", "workload.adapter": "qlora"}, "4 bit"),
    ],
)
def test_it_says_why_not(preset: str, change: dict[str, Any], why: str) -> None:
    assert why in reason(LEVER, today(preset, change))
