"""Tokens made once and kept, where they are made again in every pass."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way


def ways(today: Today) -> Sequence[Way] | str:
    """Make them once."""
    passes, time = (today.figure(name) for name in ("tokenise_pass_count", "tokenise_cpu_s_per_token"))
    if time is None or not today.known("tokenise_cpu_s_per_token"):
        return Lacking("the time to make a token is not known: thirdwatt data scan PATH --tokenizer NAME --json, and "
                "--observed with what it writes")  # fmt: skip
    if passes is None or passes.value <= 1:
        return ("tokens are taken to be made once: state known.tokenise_pass_count, the number of passes, if each "
                "makes them again")  # fmt: skip
    return [Way(f"make the tokens once and keep them, not {passes.value:g} times", {"known.tokenise_pass_count": 1})]


LEVER = Lever(
    id="tokenise-once",
    title="tokens made once",
    group="data",
    changes="how often the text is made into tokens",
    effort_d=(1, 0.3, 3),
    risk="low",
    doubt="tokens are to be stored, some two bytes each, and made anew if the tokenizer changes; small beside training",
    quality=SAME,
    evidence=(
        Evidence(
            "tokens of a terabyte of text take about 200 hours of a core with a usual library, each time",
            "this project, rates of tokenizers 0.23 on one core, docs of thirdwatt data",
            "measured",
        ),
    ),
    ways=ways,
)
