"""Goodput: the share of allocated time that counts, and where the rest goes.

Every loss is a ratio to the productive time, so that nothing can add up to more than there is. Failures follow a
Poisson process whose rate grows with the number of accelerators; checkpoints are written at Young's interval unless
another is stated.

All arguments broadcast to (V, S); the phase axis in front is (compute, communication, bubble, rollout, reward, sync,
data_stall, checkpoint, lost_to_failure, evaluation, idle), of which the first three are the productive time: steps that
learn. Valid while the time between failures is much longer than one checkpoint.

References
----------
.. [1] Young 1974, A first order approximation to the optimum checkpoint interval, CACM 17(9).
.. [2] Daly 2006, A higher order estimate of the optimum checkpoint interval, FGCS 22(3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.formulas.arrays import along, over, portion, stack
from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Num


@quantity
def time_between_failures_h(accelerator_count: Num, failure_per_accelerator_per_h: Num) -> Num:
    """Mean time between failures of the whole job: 1/(N·rate)."""
    return 1 / (accelerator_count * failure_per_accelerator_per_h)


@quantity
def checkpoint_interval_h(checkpoint_time_s: Num, time_between_failures_h: Num, s_per_h: Num) -> Num:
    """Young's interval [1]_: the square root of 2·(time to write)·(time between failures)."""
    return np.sqrt(2 * checkpoint_time_s / s_per_h * time_between_failures_h)


@quantity
def checkpoint_ratio(checkpoint_time_s: Num, checkpoint_interval_h: Num, s_per_h: Num) -> Num:
    """Time spent writing checkpoints, to productive time."""
    return portion(checkpoint_time_s, checkpoint_interval_h * s_per_h)


@quantity
def lost_to_failure_ratio(
    checkpoint_interval_h: Num, restart_time_h: Num, time_between_failures_h: Num, lost_work_ratio: Num
) -> Num:
    """Half an interval redone and one restart per failure [2]_, and what is redone after a vendor took machines back,
    to productive time.
    """
    return (checkpoint_interval_h / 2 + restart_time_h) / time_between_failures_h + lost_work_ratio


@quantity
def loss_ratio(
    rollout_ratio: Num,
    reward_ratio: Num,
    sync_ratio: Num,
    data_stall_ratio: Num,
    checkpoint_ratio: Num,
    lost_to_failure_ratio: Num,
    evaluation_ratio: Num,
    idle_ratio: Num,
) -> Num:
    """Time of everything that is no step, to productive time, before a stated goodput has its say."""
    return stack(
        rollout_ratio,
        reward_ratio,
        sync_ratio,
        data_stall_ratio,
        checkpoint_ratio,
        lost_to_failure_ratio,
        evaluation_ratio,
        idle_ratio,
    )


@quantity(given=("tokens_per_s_per_accelerator", "accelerator_hours", "token_count"))
def goodput__hours(
    processed_token_count: Num, tokens_per_s_per_accelerator: Num, accelerator_hours: Num, s_per_h: Num
) -> Num:
    """Goodput that the stated throughput and hours imply."""
    return processed_token_count / (tokens_per_s_per_accelerator * accelerator_hours * s_per_h)


@quantity
def goodput(loss_ratio: Num) -> Num:
    """Share of allocated time in which steps run that count: 1/(1 + all losses)."""
    return 1 / (1 + over(loss_ratio))


@quantity
def phase_time_share(loss_ratio: Num, goodput: Num, communication_ratio: Num, bubble_ratio: Num) -> Num:
    """Share of allocated time by phase.

    Productive time is split as a step is; what goodput leaves over is split as the losses are, or idle if all are 0.
    """
    compute = goodput / (1 + communication_ratio + bubble_ratio)
    *losses, idle = along(loss_ratio)
    whole = over(loss_ratio)
    split = [portion(loss, whole) for loss in losses]
    lost = (*split, np.where(whole > 0, portion(idle, whole), 1.0))
    return stack(
        compute, compute * communication_ratio, compute * bubble_ratio, *((1 - goodput) * each for each in lost)
    )
