"""Time: from the work to accelerator hours and back.

Work, utilisation and hours determine each other, so each can be given and the others follow. ``mfu`` is model FLOP
over peak FLOP while steps run; ``goodput`` is the share of allocated hours in which steps run that count. Their
product is what a whole campaign achieves.

All arguments broadcast to (V, S). Where the architecture is known the utilisation follows from the step model; else
it is a distribution by accelerator generation and precision, valid for well-fed training of transformers.

References
----------
.. [1] Chowdhery et al. 2022, PaLM, arXiv:2204.02311, appendix B.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Num


@quantity(given=("tokens_per_s_per_accelerator",))
def mfu__throughput(
    tokens_per_s_per_accelerator: Num, training_flop_per_token: Num, accelerator_peak_flop_per_s: Num
) -> Num:
    """Utilisation from a stated or measured throughput [1]_."""
    return tokens_per_s_per_accelerator * training_flop_per_token / accelerator_peak_flop_per_s


@quantity(given=("training_flop", "accelerator_hours"))
def mfu__hours(
    training_flop: Num, accelerator_hours: Num, accelerator_peak_flop_per_s: Num, goodput: Num, s_per_h: Num
) -> Num:
    """Utilisation that the stated hours imply for the stated work."""
    return training_flop / (accelerator_hours * s_per_h * accelerator_peak_flop_per_s * goodput)


@quantity
def step_mfu_share(
    training_flop_per_token: Num,
    global_batch_count: Num,
    sequence_length: Num,
    modelled_step_s: Num,
    accelerator_count: Num,
    accelerator_peak_flop_per_s: Num,
) -> Num:
    """Utilisation that the step model gives: work of a step over what the peaks could do meanwhile."""
    work = training_flop_per_token * global_batch_count * sequence_length
    return work / (modelled_step_s * accelerator_count * accelerator_peak_flop_per_s)


@quantity(given=("layer_count", "sequence_length"))
def modelled_mfu_share__step(
    step_mfu_share: Num, typical_mfu_share: Num, layout_known_factor: Num, clock_ratio: Num
) -> Num:
    """Utilisation for a known architecture: that of the step model, or where the layout is guessed, the geometric mean
    of it and of what is usual.
    """
    return np.where(layout_known_factor > 0, step_mfu_share, np.sqrt(step_mfu_share * typical_mfu_share * clock_ratio))


@quantity
def modelled_mfu_share(typical_mfu_share: Num, clock_ratio: Num) -> Num:
    """What well-fed runs on this generation and precision reach, where the architecture is not known; all of it slows
    with the clock.
    """
    return typical_mfu_share * clock_ratio


@quantity
def mfu(modelled_mfu_share: Num) -> Num:
    """Utilisation where neither throughput nor hours are known: as modelled."""
    return modelled_mfu_share


@quantity(given=("wall_time_h", "accelerator_count"))
def accelerator_hours__wall_time(wall_time_h: Num, accelerator_count: Num) -> Num:
    """Allocated accelerators times the time they were allocated."""
    return wall_time_h * accelerator_count


@quantity(given=("accelerators_energy_kwh", "accelerator_power_w"))
def accelerator_hours__energy(accelerators_energy_kwh: Num, accelerator_power_w: Num, w_per_kw: Num) -> Num:
    """Hours, from metered energy and the mean draw."""
    return accelerators_energy_kwh * w_per_kw / accelerator_power_w


@quantity(given=("mfu",))
def campaign_time_ratio__mfu(known_mfu_time_ratio: Num) -> Num:
    """Hours of a campaign to those of its steps and of what is lost, where its utilisation is known."""
    return 1 * known_mfu_time_ratio


@quantity
def campaign_time_ratio(layout_known_factor: Num, known_layout_time_ratio: Num) -> Num:
    """The same where its layout is known; a usual utilisation is that of campaigns already."""
    return np.where(layout_known_factor > 0, known_layout_time_ratio, 1.0)


@quantity
def accelerator_hours(
    workload_flop: Num,
    accelerator_peak_flop_per_s: Num,
    mfu: Num,
    goodput: Num,
    campaign_time_ratio: Num,
    s_per_h: Num,
) -> Num:
    """Hours that the work occupies: FLOP over peak, utilisation and goodput, by what campaigns differ from that."""
    return workload_flop * campaign_time_ratio / (accelerator_peak_flop_per_s * mfu * goodput * s_per_h)


@quantity(given=("accelerator_hours", "wall_time_h"))
def accelerator_count__hours(accelerator_hours: Num, wall_time_h: Num) -> Num:
    """Accelerators, from their hours and the time on the wall."""
    return accelerator_hours / wall_time_h


@quantity
def accelerator_count(default_accelerator_count: Num) -> Num:
    """Accelerators, where the scenario names none."""
    return default_accelerator_count


@quantity
def wall_time_h(accelerator_hours: Num, accelerator_count: Num) -> Num:
    """Time from start to end, if all accelerators are held throughout."""
    return accelerator_hours / accelerator_count


@quantity
def tokens_per_s_per_accelerator(mfu: Num, accelerator_peak_flop_per_s: Num, training_flop_per_token: Num) -> Num:
    """Throughput while steps run; padding counts as any token does."""
    return mfu * accelerator_peak_flop_per_s / training_flop_per_token


@quantity(given=("layer_count", "sequence_length"))
def communication_ratio__step(step_communication_s: Num, step_straggler_s: Num, step_compute_s: Num) -> Num:
    """Time in which traffic or slower others hold up a step, to time in which it computes."""
    return (step_communication_s + step_straggler_s) / step_compute_s


@quantity
def communication_ratio(typical_communication_ratio: Num) -> Num:
    """The same where the architecture is not known."""
    return typical_communication_ratio


@quantity(given=("layer_count", "sequence_length"))
def bubble_ratio__step(step_bubble_s: Num, step_compute_s: Num) -> Num:
    """Time in which a pipeline stage waits, to time in which it computes."""
    return step_bubble_s / step_compute_s


@quantity
def bubble_ratio(typical_bubble_ratio: Num) -> Num:
    """The same where the architecture is not known."""
    return typical_bubble_ratio


@quantity
def step_time_s(
    global_batch_count: Num, sequence_length: Num, tokens_per_s_per_accelerator: Num, accelerator_count: Num
) -> Num:
    """Time of one optimiser step: tokens of the global batch over the throughput of the cluster."""
    return global_batch_count * sequence_length / (tokens_per_s_per_accelerator * accelerator_count)
