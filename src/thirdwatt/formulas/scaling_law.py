"""Scaling laws: the loss that a size and an amount of data predict, and the cheapest way to that loss.

A law is a row of constants in nats per token of held-out text of its own corpus, by its own tokenizer: losses of two
laws are never compared, only what each makes of one change. Three rows share a form, L = E + A/N^a + B/D^b; they differ
in what counts as N and D (data-constrained laws discount repeats and parameters in excess of the data) and in their
constants. One has a form of its own.

All arguments broadcast to (V, S). Fitted to dense decoders that were pre-trained once with a schedule that ends with
the data; *N* is all their parameters. Nothing here is said of routed experts, fine-tuning, other objectives or of what
a benchmark will score. :mod:`thirdwatt.ledger.laws` refuses what lies outside.

References
----------
.. [1] Hoffmann et al. 2022, Training Compute-Optimal Large Language Models, arXiv:2203.15556, equations 2 to 4 and 10.
.. [2] Besiroglu et al. 2024, Chinchilla Scaling: A Replication Attempt, arXiv:2404.10102 (the same data, fitted again).
.. [3] Muennighoff et al. 2023, Scaling Data-Constrained Language Models, arXiv:2305.16264, equations 4 to 6.
.. [4] Sardana et al. 2023, Beyond Chinchilla-Optimal, arXiv:2401.00448, equation 2 (serving counted).
.. [5] Kaplan et al. 2020, Scaling Laws for Neural Language Models, arXiv:2001.08361, equations 1.1, 1.2 and 1.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.formulas.arrays import crossing
from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Num


# --- what counts --------------------------------------------------------------------------------------------------


@quantity
def balance_ratio(
    size_loss_nats_per_token: Num, data_loss_nats_per_token: Num, size_exponent_ratio: Num, data_exponent_ratio: Num
) -> Num:
    """How a law shares compute between size and data [1]_: G = (a·A/(b·B))^(1/(a + b))."""
    odds = size_exponent_ratio * size_loss_nats_per_token / (data_exponent_ratio * data_loss_nats_per_token)
    return odds ** (1 / (size_exponent_ratio + data_exponent_ratio))


@quantity
def effective_parameter_count(
    active_parameter_count: Num,
    unique_token_count: Num,
    balance_ratio: Num,
    size_exponent_ratio: Num,
    data_exponent_ratio: Num,
    excess_scale_ratio: Num,
    excess_factor: Num,
) -> Num:
    """Parameters that the unique data can make use of [3]_: U + U·R*·(1 - exp(-R/R*)) with R = N/U - 1 and U the
    optimum for these data, G·(G·D)^(b/a), at most N. All of them by laws that know no excess.
    """
    fitting = balance_ratio * (balance_ratio * unique_token_count) ** (data_exponent_ratio / size_exponent_ratio)
    used = np.minimum(active_parameter_count, fitting)
    excess = active_parameter_count / used - 1
    worth = used * (1 + excess_scale_ratio * -np.expm1(-excess / excess_scale_ratio))
    return (1 - excess_factor) * active_parameter_count + excess_factor * worth


@quantity
def worth_token_count(effective_token_count: Num, token_quality_ratio: Num) -> Num:
    """Tokens of the law's own quality that would teach as much: one better token counts as q of them."""
    return effective_token_count * token_quality_ratio


# --- predicted loss -----------------------------------------------------------------------------------------------


@quantity
def small_size_loss_nats_per_token(
    size_loss_nats_per_token: Num, size_exponent_ratio: Num, effective_parameter_count: Num
) -> Num:
    """Loss for want of parameters [1]_: A/N^a."""
    return size_loss_nats_per_token / effective_parameter_count**size_exponent_ratio


@quantity
def few_data_loss_nats_per_token(
    data_loss_nats_per_token: Num, data_exponent_ratio: Num, worth_token_count: Num
) -> Num:
    """Loss for want of data [1]_: B/D^b."""
    return data_loss_nats_per_token / worth_token_count**data_exponent_ratio


@quantity
def reducible_loss_nats_per_token(small_size_loss_nats_per_token: Num, few_data_loss_nats_per_token: Num) -> Num:
    """Loss that more parameters and data would take away."""
    return small_size_loss_nats_per_token + few_data_loss_nats_per_token


@quantity(given=("joint_size_scale_count",))
def predicted_loss_nats_per_token__power(
    active_parameter_count: Num,
    trained_token_count: Num,
    joint_size_scale_count: Num,
    joint_data_scale_count: Num,
    joint_size_exponent_ratio: Num,
    joint_data_exponent_ratio: Num,
    unit_loss_nats_per_token: Num,
) -> Num:
    """Loss by a law without an irreducible part [5]_, equation 1.5: ((N_c/N)^(a/b) + D_c/D)^b."""
    size = (joint_size_scale_count / active_parameter_count) ** (joint_size_exponent_ratio / joint_data_exponent_ratio)
    data = joint_data_scale_count / trained_token_count
    return unit_loss_nats_per_token * (size + data) ** joint_data_exponent_ratio


@quantity
def predicted_loss_nats_per_token(irreducible_loss_nats_per_token: Num, reducible_loss_nats_per_token: Num) -> Num:
    """Loss on held-out text after training [1]_: E + A/N^a + B/D^b."""
    return irreducible_loss_nats_per_token + reducible_loss_nats_per_token


@quantity
def data_rich_loss_nats_per_token(
    active_parameter_count: Num,
    size_scale_count: Num,
    joint_size_exponent_ratio: Num,
    unit_loss_nats_per_token: Num,
) -> Num:
    """Loss of a size with data without end [5]_, equation 1.1: (N_c/N)^a."""
    return unit_loss_nats_per_token * (size_scale_count / active_parameter_count) ** joint_size_exponent_ratio


@quantity
def size_rich_loss_nats_per_token(
    trained_token_count: Num,
    data_scale_count: Num,
    data_alone_exponent_ratio: Num,
    unit_loss_nats_per_token: Num,
) -> Num:
    """Loss of an amount of data at any size [5]_, equation 1.2: (D_c/D)^b."""
    return unit_loss_nats_per_token * (data_scale_count / trained_token_count) ** data_alone_exponent_ratio


# --- the cheapest way there ---------------------------------------------------------------------------------------


@quantity
def law_flop(active_parameter_count: Num, trained_token_count: Num, law_flop_per_token: Num) -> Num:
    """Work as laws count it, attention left out: 6·N·D."""
    return law_flop_per_token * active_parameter_count * trained_token_count


@quantity
def optimal_parameter_count(
    law_flop: Num,
    law_flop_per_token: Num,
    balance_ratio: Num,
    size_exponent_ratio: Num,
    data_exponent_ratio: Num,
) -> Num:
    """Size that makes most of the compute [1]_: G·(C/6)^(b/(a + b))."""
    share = data_exponent_ratio / (size_exponent_ratio + data_exponent_ratio)
    return balance_ratio * (law_flop / law_flop_per_token) ** share


@quantity
def optimal_token_count(law_flop: Num, law_flop_per_token: Num, optimal_parameter_count: Num) -> Num:
    """Data that go with that size [1]_: C/(6·N)."""
    return law_flop / (law_flop_per_token * optimal_parameter_count)


@quantity
def isoloss_parameter_count(
    reducible_loss_nats_per_token: Num,
    size_loss_nats_per_token: Num,
    size_exponent_ratio: Num,
    data_exponent_ratio: Num,
) -> Num:
    """Size of the cheapest model with the same predicted loss: (A·(1 + a/b)/X)^(1/a), X the reducible loss."""
    balanced = size_loss_nats_per_token * (1 + size_exponent_ratio / data_exponent_ratio)
    return (balanced / reducible_loss_nats_per_token) ** (1 / size_exponent_ratio)


@quantity
def isoloss_token_count(
    reducible_loss_nats_per_token: Num,
    data_loss_nats_per_token: Num,
    size_exponent_ratio: Num,
    data_exponent_ratio: Num,
    token_quality_ratio: Num,
) -> Num:
    """Data of the cheapest model with the same predicted loss, of the same quality: (B·(1 + b/a)/X)^(1/b)/q."""
    balanced = data_loss_nats_per_token * (1 + data_exponent_ratio / size_exponent_ratio)
    return (balanced / reducible_loss_nats_per_token) ** (1 / data_exponent_ratio) / token_quality_ratio


@quantity
def isoloss_flop_ratio(
    isoloss_parameter_count: Num, isoloss_token_count: Num, law_flop_per_token: Num, law_flop: Num
) -> Num:
    """Work of the cheapest model with the same predicted loss, to that of this one; data that are new."""
    return law_flop_per_token * isoloss_parameter_count * isoloss_token_count / law_flop


@quantity
def third_quality_ratio(isoloss_flop_ratio: Num) -> Num:
    """How much better tokens would have to be for the same loss at a third of the work, sizes chosen anew: work at one
    loss falls as 1/q.
    """
    return (1 + 2) * isoloss_flop_ratio


@quantity
def size_overhead_ratio(size_ratio: Num, size_exponent_ratio: Num, data_exponent_ratio: Num) -> Num:
    """Work for one loss at f times the optimal size, to the least [1]_: f·[(1 - s)/(1 - s·f^(-a))]^(1/b).

    At the optimum A/N^a is s = b/(a + b) of the reducible loss; at f·N* it is f^(-a) of that, and the data make up the
    rest. Where s·f^(-a) >= 1 a model is too small to reach that loss, however long it trains: the work is beyond any.
    """
    share = data_exponent_ratio / (size_exponent_ratio + data_exponent_ratio)
    rest = np.maximum(1 - share * size_ratio**-size_exponent_ratio, np.finfo(float).eps)
    return size_ratio * ((1 - share) / rest) ** (1 / data_exponent_ratio)


@quantity
def data_gain_nats_per_token(few_data_loss_nats_per_token: Num, data_exponent_ratio: Num, new_token_share: Num) -> Num:
    """What new tokens take from the loss, as a share of all there are after them: (B/D^b)·(1 - (1 - s)^b).

    Diminishing: for few of them it is b·(B/D^b)·s, and D itself stands in the denominator.
    """
    return few_data_loss_nats_per_token * (1 - (1 - new_token_share) ** data_exponent_ratio)


# --- serving counted ----------------------------------------------------------------------------------------------


@quantity
def served_size_share(
    reducible_loss_nats_per_token: Num,
    data_loss_nats_per_token: Num,
    size_exponent_ratio: Num,
    data_exponent_ratio: Num,
    token_quality_ratio: Num,
    served_token_count: Num,
    serving_energy_ratio: Num,
) -> Num:
    """Share of the reducible loss that is for want of parameters, in the model of this loss that takes least to train
    and serve [4]_.

    With u that share, N = (A/(u·X))^(1/a) and D = (B/((1 - u)·X))^(1/b)/q; the derivative of 6·N·D + 2·N·T·w is nothing
    where 3·D·(1 - (a/b)·u/(1 - u)) + T·w = 0. Left of it is falling in u from b/(a + b), so it is bisected.
    """

    def slope(share: Num) -> Num:
        rest = np.maximum(1 - share, np.finfo(float).tiny)
        data = (data_loss_nats_per_token / (rest * reducible_loss_nats_per_token)) ** (1 / data_exponent_ratio)
        trained = (1 + 2) * data / token_quality_ratio
        falling = 1 - size_exponent_ratio / data_exponent_ratio * share / rest
        return trained * falling + served_token_count * serving_energy_ratio

    return crossing(slope, data_exponent_ratio / (size_exponent_ratio + data_exponent_ratio), 1.0)


@quantity
def served_parameter_count(
    served_size_share: Num, reducible_loss_nats_per_token: Num, size_loss_nats_per_token: Num, size_exponent_ratio: Num
) -> Num:
    """Size of the model of this loss that takes least to train and serve [4]_."""
    wanted = served_size_share * reducible_loss_nats_per_token
    return (size_loss_nats_per_token / wanted) ** (1 / size_exponent_ratio)


@quantity
def served_training_token_count(
    served_size_share: Num,
    reducible_loss_nats_per_token: Num,
    data_loss_nats_per_token: Num,
    data_exponent_ratio: Num,
    token_quality_ratio: Num,
) -> Num:
    """Data on which that model is trained [4]_."""
    wanted = (1 - served_size_share) * reducible_loss_nats_per_token
    return (data_loss_nats_per_token / wanted) ** (1 / data_exponent_ratio) / token_quality_ratio


@quantity
def served_flop_ratio(
    served_parameter_count: Num,
    served_training_token_count: Num,
    active_parameter_count: Num,
    trained_token_count: Num,
    served_token_count: Num,
    serving_energy_ratio: Num,
) -> Num:
    """Training and serving of that model to those of this one: serving is a third of the work of a token's training,
    and each of its FLOP takes so much more energy.
    """
    served = served_token_count * serving_energy_ratio
    least = served_parameter_count * ((1 + 2) * served_training_token_count + served)
    return least / (active_parameter_count * ((1 + 2) * trained_token_count + served))
