"""Data: what a dataset makes a run process beyond what it teaches.

Three counts of tokens. *Trained* ones are those the model learns from: the tokens that are kept, times the passes over
them. *Processed* ones are these with their padding: the arithmetic, and with it time and energy, is done for all of
them. A throughput counts processed tokens too; packed pre-training, of which nearly all published figures are, has no
padding. *Effective* ones are the new tokens that would teach as much as the trained ones, repeats among them.

All arguments broadcast to (V, S). The law of repetition was fitted to decoders of up to 9 billion parameters over up
to 500 passes, for data that are repeated evenly; a document that is there a thousand times is worth less than it says.

References
----------
.. [1] Muennighoff et al. 2023, Scaling Data-Constrained Language Models, arXiv:2305.16264, equation 5 and appendix A.
.. [2] Krell et al. 2021, Efficient Sequence Packing without Cross-contamination, arXiv:2107.02027 (padding).
.. [3] Hoffmann et al. 2022, Training Compute-Optimal Large Language Models, arXiv:2203.15556, equation 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Num


@quantity
def trained_token_count(token_count: Num, kept_token_share: Num, epochs: Num) -> Num:
    """Tokens the model learns from: those of the dataset that are kept, times passes over them; padding is none."""
    return token_count * kept_token_share * epochs


@quantity
def processed_token_count(trained_token_count: Num, padding_share: Num) -> Num:
    """Tokens that are computed: the trained ones and the padding between them [2]_, D/(1 - padding share)."""
    return trained_token_count / (1 - padding_share)


@quantity
def unique_token_count(
    token_count: Num, unique_token_share: Num, kept_token_share: Num, trained_token_count: Num
) -> Num:
    """Tokens that are no repeat of another, as far as they are seen [1]_: what is dropped is taken to be repeats."""
    return np.minimum(token_count * np.minimum(unique_token_share, kept_token_share), trained_token_count)


@quantity
def near_copy_token_share(exact_unique_token_share: Num, unique_token_share: Num) -> Num:
    """Share of the tokens that resembles others and is no exact copy: it is left once exact copies are out."""
    return np.maximum(exact_unique_token_share - unique_token_share, 0)


@quantity
def filtered_token_share(filter_quality_ratio: Num) -> Num:
    """Tokens that pass a filter, to those of the data today, at one loss [3]_: where each teaches as much as q of them,
    q·D stands for D in the law, and tokens at one loss fall as 1/q.
    """
    return 1 / filter_quality_ratio


@quantity
def repetition_ratio(trained_token_count: Num, unique_token_count: Num) -> Num:
    """How often tokens are seen again, by duplicates and by passes alike [1]_: R = D/U - 1."""
    return trained_token_count / unique_token_count - 1


@quantity
def effective_token_count(unique_token_count: Num, repetition_ratio: Num, repetition_scale_ratio: Num) -> Num:
    """New tokens that would teach as much as the trained ones [1]_: U + U·R*·(1 - exp(-R/R*))."""
    repeats = repetition_scale_ratio * -np.expm1(-repetition_ratio / repetition_scale_ratio)
    return unique_token_count * (1 + repeats)


# --- tokenising ---------------------------------------------------------------------------------------------------


@quantity
def tokenise_core_hours(
    tokenise_cpu_s_per_token: Num, token_count: Num, kept_token_share: Num, tokenise_pass_count: Num, s_per_h: Num
) -> Num:
    """Time of processor cores that making tokens of the text takes, as often as it is done."""
    return tokenise_cpu_s_per_token * token_count * kept_token_share * tokenise_pass_count / s_per_h


@quantity
def tokenise_energy_kwh(tokenise_core_hours: Num, core_power_w: Num, w_per_kw: Num) -> Num:
    """Energy of these cores above what they draw at rest, which is their host's."""
    return tokenise_core_hours * core_power_w / w_per_kw


@quantity
def tokenise_core_count(tokens_per_s_per_accelerator: Num, padding_share: Num, tokenise_cpu_s_per_token: Num) -> Num:
    """Cores that must make tokens beside each accelerator, if they are made while it trains, lest it waits."""
    return tokens_per_s_per_accelerator * (1 - padding_share) * tokenise_cpu_s_per_token
