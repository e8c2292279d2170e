"""Nothing put in a field takes the field out."""

from __future__ import annotations

from thirdwatt.ledger import scenario_of


def test_a_known_quantity_is_known_no_more() -> None:
    scenario = scenario_of("startup-lora-8xh100", {"known.mfu": None, "site.tenure": None})
    assert "mfu" not in scenario.given
    assert "mfu" not in scenario.document["known"]
    assert "tenure" not in scenario.document["site"]


def test_what_was_not_there_stays_out() -> None:
    assert scenario_of("startup-lora-8xh100", {"site.pue": None}).given.keys() == (
        scenario_of("startup-lora-8xh100").given.keys()
    )
