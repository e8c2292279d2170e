"""Questions: every mistake in one, at once, with what would be right."""

from __future__ import annotations

import math

import pytest

from thirdwatt.scenario import InputError
from thirdwatt.search.blueprint.mix import MIXES, weighted
from thirdwatt.search.blueprint.price import Limits
from thirdwatt.search.blueprint.question import Question, asked


def wrong(question: Question) -> list[str]:
    with pytest.raises(InputError) as found:
        asked(question)
    return [str(mistake) for mistake in found.value.mistakes]


def test_what_is_asked_by_default_is_sound() -> None:
    assert asked(Question()) == Question()


def test_names_become_ids() -> None:
    found = asked(Question(baseline="B200", nodes=("4NP", "n4", "3nm"), memories=("HBM3E",)))
    assert (found.baseline, found.nodes, found.memories) == ("b200-sxm-180gb", ("n4", "n3e"), ("hbm3e",))


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (Question(baseline="h1000"), "--baseline: 'h1000' is in no row of accelerators; "),
        (
            Question(baseline="my board.toml"),
            "--baseline: my board.toml is a file, and a baseline is a chip on sale whose blueprint is known; thirdwatt "
            "chip compare b200-sxm-180gb 'my board.toml' sets a file beside one",
        ),
        (Question(baseline="trainium2"), "--baseline: no blueprint of trainium2 is known; there are "),
        (
            Question(baseline="a100", baseline_precision="fp8"),
            "--baseline-precision: a100-sxm-80gb has no fp8; allowed: ",
        ),
        (Question(nodes=("n3x",)), "--node: 'n3x' is in no row of processes; did you mean n3"),
        (Question(memories=("hbm5",)), "--memory: 'hbm5' is in no row of memories; did you mean hbm4?"),
        (Question(links=("nvlink-9",)), "--link: 'nvlink-9' is in no row of links; did you mean nvlink-5?"),
        (Question(mix="yesterday"), "--mix: 'yesterday' is none; allowed: today"),
        (Question(boundary="rack"), "--boundary: 'rack' is none; allowed: accelerators, "),
        (Question(style="strands"), "--style: 'strands' is none; allowed: threads, vectors"),
        (Question(precisions=("fp2",)), "--precision: 'fp2' is none; allowed: bf16, fp8, fp4"),
        (Question(factor=0), "--factor: 0 is no amount above 0"),
        (Question(factor=math.nan), "--factor: nan is no amount above 0"),
        (Question(slowest=-1), "--time: -1 is no amount above 0"),
        (Question(limits=Limits(power_w=0)), "--power: 0 is no amount above 0"),
        (Question(limits=Limits(cost_usd=-5)), "--cost: -5 is no amount above 0"),
        (Question(limits=Limits(reticle_share=0)), "--area: 0 is no amount above 0"),
        (
            Question(limits=Limits(reticle_share=1.2)),
            "--area: 1,030 mm2 is more than can be exposed",
        ),
        (Question(nodes=()), "--node: nothing is left to choose among; name one or more"),
        (Question(precisions=()), "--precision: nothing is left to choose among"),
        (Question(dies=0), "--dies: 0 is out of range"),
        (Question(samples=0), "--samples: 0 is out of range"),
        (Question(seed=-1), "--seed: -1 is out of range"),
        (Question(weights={"gpt-5": 1}), "mix.gpt-5: is not in the mix today; there are gpt-3-175b"),
        (Question(weights={"gpt-3-175b": -1}), "mix.gpt-3-175b: -1 is no weight; give 0 or more"),
        (Question(weights={"gpt-3-175b": math.nan}), "mix.gpt-3-175b: nan is no weight; give 0 or more"),
        (Question(least_supply_v=0.05), "--vmin: 0.05 V is no supply of logic; give 0.3 to 1 V"),
    ],
)
def test_what_is_wrong_with_a_question(question: Question, said: str) -> None:
    (found,) = wrong(question)
    assert found.startswith(said)


def test_every_mistake_is_listed_at_once() -> None:
    question = Question(
        baseline="a100", baseline_precision="fp8", nodes=("n3x", "n9"), precisions=("fp2",), factor=-1, boundary="rack",
        least_supply_v=2,
    )  # fmt: skip
    assert [each.partition(":")[0] for each in wrong(question)] == [
        "--baseline-precision", "--node", "--node", "--boundary", "--precision", "--factor", "--vmin",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "told"),
    [
        (Question(), ()),
        (Question(nodes=("n3e", "n3p"), memories=("hbm4",)), ()),
        (Question(precisions=("bf16", "fp4")), ("training in fp4",)),
        (Question(nodes=("n2",)), ("TSMC N2",)),
        (Question(least_supply_v=0.6), ("memory cells at 0.6 V",)),
        # what cells of one process hold is less than those of another do
        (Question(nodes=("16ff", "n3e"), least_supply_v=0.66), ("memory cells at 0.66 V",)),
        (Question(links=("nvlink-5", "co-packaged-optics")), ("Co-packaged optics",)),
    ],
)
def test_what_nobody_has_shown_is_told(question: Question, told: tuple[str, ...]) -> None:
    assert asked(question).speculative == told


# --- the mix ------------------------------------------------------------------------------------------------------


def test_todays_mix_is_of_language_vision_and_diffusion() -> None:
    names = [each.model for each in MIXES["today"]]
    assert names == ["gpt-3-175b", "llama-3.1-405b", "deepseek-v3", "vit-l-16", "dit-xl-2"]


def test_weights_are_set_and_what_weighs_nothing_is_left_out() -> None:
    found = weighted("today", {"gpt-3-175b": 0, "dit-xl-2": 3})
    assert {each.model: each.weight for each in found} == {
        "llama-3.1-405b": 1, "deepseek-v3": 1, "vit-l-16": 1, "dit-xl-2": 3,
    }  # fmt: skip


def test_weights_of_what_is_not_in_the_mix() -> None:
    with pytest.raises(InputError) as found:
        weighted("today", {"gpt-5": 1, **dict.fromkeys((each.model for each in MIXES["today"]), 0)})
    first, second = map(str, found.value.mistakes)
    assert first.startswith("mix.gpt-5: is not in the mix today; there are gpt-3-175b, ")
    assert second == "mix: nothing in it weighs anything; give one model a weight above 0"
