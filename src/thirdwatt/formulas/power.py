"""Power: what accelerators, their hosts and the cluster's services draw.

Powers are means over the allocated hours, per accelerator, before facility overhead. The table of components is the
set of formulas marked with ``component``; their energies are in kWh.

All arguments broadcast to (V, S). Valid for machines that are held for the whole run.

References
----------
.. [1] Latif et al. 2024, Empirical Measurements of AI Training Power Demand on a GPU-Accelerated Node,
   arXiv:2412.08602.
.. [2] Newkirk et al. 2025, Empirically-Calibrated H100 Node Power Models, arXiv:2506.14551.
.. [3] Al-Fares et al. 2008, A Scalable, Commodity Data Center Network Architecture, SIGCOMM (fat trees).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.formulas.arrays import along, over, pick, stack
from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Code, Num


# --- accelerators -------------------------------------------------------------------------------------------------


@quantity(given=("accelerators_energy_kwh", "accelerator_hours"))
def accelerator_power_w__energy(accelerators_energy_kwh: Num, accelerator_hours: Num, w_per_kw: Num) -> Num:
    """Mean draw of one accelerator, from metered energy and hours."""
    return accelerators_energy_kwh * w_per_kw / accelerator_hours


@quantity
def accelerator_power_w(
    capped_power_w: Num, phase_time_share: Num, phase_power_ratio: Num, accelerator_idle_power_w: Num
) -> Num:
    """Mean draw of one accelerator: what full work draws, by phase and time."""
    return np.maximum(capped_power_w * over(phase_time_share * phase_power_ratio), accelerator_idle_power_w)


@quantity(given=("accelerators_facility_energy_kwh",))
def accelerators_energy_kwh__facility(accelerators_facility_energy_kwh: Num, pue: Num) -> Num:
    """Energy of the accelerators, from a figure that has the facility's overhead in it."""
    return accelerators_facility_energy_kwh / pue


@quantity(component="accelerators")
def accelerators_energy_kwh(accelerator_power_w: Num, accelerator_hours: Num, w_per_kw: Num) -> Num:
    """Energy of the accelerators: mean draw times hours."""
    return accelerator_power_w * accelerator_hours / w_per_kw


@quantity(given=("layer_count", "sequence_length"))
def busy_share__step(active_share: Num, mfu: Num, modelled_mfu_share: Num) -> Num:
    """Share of the computing time in which the accelerator works: it waits for its host, or for what makes a run slower
    than the model has it.
    """
    return active_share * np.minimum(mfu / modelled_mfu_share, 1)


@quantity(given=("training_flop", "accelerator_hours"))
def busy_share__hours(
    training_flop: Num,
    accelerator_hours: Num,
    accelerator_peak_flop_per_s: Num,
    goodput: Num,
    modelled_mfu_share: Num,
    s_per_h: Num,
) -> Num:
    """The same where the architecture is not known: hours beyond what a usual utilisation takes are waiting."""
    usual = accelerator_peak_flop_per_s * modelled_mfu_share * goodput * s_per_h
    return np.minimum(training_flop / (accelerator_hours * usual), 1)


@quantity
def busy_share(usual_busy_share: Num) -> Num:
    """The same where nothing tells how fast the run is."""
    return 1 * usual_busy_share


@quantity
def phase_power_ratio(
    busy_share: Num,
    slack_power_ratio: Num,
    communication_power_ratio: Num,
    bubble_power_ratio: Num,
    rollout_power_ratio: Num,
    reward_power_ratio: Num,
    sync_power_ratio: Num,
    data_stall_power_ratio: Num,
    checkpoint_power_ratio: Num,
    evaluation_power_ratio: Num,
    idle_power_ratio: Num,
) -> Num:
    """Draw of an accelerator by phase, to its draw in full work; work lost to failures drew as much as any."""
    compute = slack_power_ratio + (1 - slack_power_ratio) * busy_share
    return stack(
        compute,
        communication_power_ratio,
        bubble_power_ratio,
        rollout_power_ratio,
        reward_power_ratio,
        sync_power_ratio,
        data_stall_power_ratio,
        checkpoint_power_ratio,
        compute,
        evaluation_power_ratio,
        idle_power_ratio,
    )


# --- hosts --------------------------------------------------------------------------------------------------------


@quantity
def host_power_w(host_base_power_w: Num, host_fan_power_w: Num, liquid_fan_ratio: Num, liquid_code: Code) -> Num:
    """Draw of the rest of the server per accelerator; cold plates leave a fraction of the fans."""
    return host_base_power_w + host_fan_power_w * pick(liquid_code, 1.0, liquid_fan_ratio)


@quantity(component="cpu_servers")
def cpu_servers_energy_kwh(host_power_w: Num, accelerator_hours: Num, tokenise_energy_kwh: Num, w_per_kw: Num) -> Num:
    """Energy of the hosts: processors, memory, fans, local drives, power supplies, and of making tokens on them."""
    return host_power_w * accelerator_hours / w_per_kw + tokenise_energy_kwh


# --- network ------------------------------------------------------------------------------------------------------


@quantity
def switch_tier_count(accelerator_count: Num, accelerators_in_host_count: Num, switch_port_count: Num) -> Num:
    """Tiers of a fat tree of p-port switches [3]_: one up to p ends, two up to p²/2, three up to p³/4; none inside
    one host.
    """
    several = np.greater(accelerator_count, accelerators_in_host_count)
    second = np.greater(accelerator_count, switch_port_count)
    third = np.greater(accelerator_count, switch_port_count**2 / 2)
    fourth = np.greater(accelerator_count, switch_port_count * (switch_port_count / 2) ** 2)
    return several * (1.0 + second + third + fourth)


@quantity
def switch_port_per_accelerator(switch_tier_count: Num) -> Num:
    """Switch ports that one network end occupies in a full fat tree [3]_: 2·tiers - 1, none without a switch."""
    return np.maximum(2 * switch_tier_count - 1, 0)


@quantity
def network_power_w(
    nic_power_w: Num, switch_power_w_per_port: Num, switch_port_per_accelerator: Num, switch_tier_count: Num
) -> Num:
    """Draw of network cards, optics and switches per accelerator."""
    return nic_power_w * np.minimum(switch_tier_count, 1) + switch_power_w_per_port * switch_port_per_accelerator


@quantity(component="network")
def network_energy_kwh(network_power_w: Num, accelerator_hours: Num, w_per_kw: Num) -> Num:
    """Energy of the network."""
    return network_power_w * accelerator_hours / w_per_kw


# --- services -----------------------------------------------------------------------------------------------------


@quantity(component="monitoring")
def monitoring_energy_kwh(monitoring_power_w: Num, accelerator_hours: Num, w_per_kw: Num) -> Num:
    """Energy of management, logging and telemetry nodes."""
    return monitoring_power_w * accelerator_hours / w_per_kw


@quantity
def spare_power_w(spare_ratio: Num, accelerator_idle_power_w: Num, host_power_w: Num, host_idle_ratio: Num) -> Num:
    """Draw of idling spare nodes per accelerator in use."""
    return spare_ratio * (accelerator_idle_power_w + host_power_w * host_idle_ratio)


@quantity(component="redundancy")
def redundancy_energy_kwh(spare_power_w: Num, accelerator_hours: Num, w_per_kw: Num) -> Num:
    """Energy of hot spares."""
    return spare_power_w * accelerator_hours / w_per_kw


# --- totals -------------------------------------------------------------------------------------------------------


@quantity
def accelerators_floor_energy_kwh(
    training_flop: Num,
    accelerator_peak_flop_per_s: Num,
    clock_ratio: Num,
    capped_power_w: Num,
    s_per_h: Num,
    w_per_kw: Num,
) -> Num:
    """Energy of the accelerators if every FLOP were at their peak and nothing were lost: FLOP times joules per FLOP."""
    return training_flop * capped_power_w / (accelerator_peak_flop_per_s * clock_ratio * s_per_h * w_per_kw)


@quantity(parts=True)
def it_energy_kwh(
    accelerators_energy_kwh: Num,
    cpu_servers_energy_kwh: Num,
    network_energy_kwh: Num,
    storage_energy_kwh: Num,
    backup_energy_kwh: Num,
    monitoring_energy_kwh: Num,
    redundancy_energy_kwh: Num,
) -> Num:
    """Energy of all IT equipment, before facility overhead."""
    return (
        accelerators_energy_kwh
        + cpu_servers_energy_kwh
        + network_energy_kwh
        + storage_energy_kwh
        + backup_energy_kwh
        + monitoring_energy_kwh
        + redundancy_energy_kwh
    )


@quantity
def phase_it_energy_kwh(
    accelerators_energy_kwh: Num,
    it_energy_kwh: Num,
    retention_energy_kwh: Num,
    phase_time_share: Num,
    phase_power_ratio: Num,
) -> Num:
    """IT energy by phase: accelerators by time and draw, the rest by time, kept data in a phase of its own."""
    weight = phase_time_share * phase_power_ratio
    accelerators = accelerators_energy_kwh * weight / over(weight)
    rest = (it_energy_kwh - accelerators_energy_kwh - retention_energy_kwh) * phase_time_share
    return stack(*along(accelerators + rest), retention_energy_kwh)


@quantity
def phase_energy_kwh(phase_it_energy_kwh: Num, it_energy_kwh: Num, facility_energy_kwh: Num) -> Num:
    """Facility energy by phase: the overhead falls on each phase as its IT energy does."""
    return phase_it_energy_kwh * (facility_energy_kwh / it_energy_kwh)


# --- what the building must feed ----------------------------------------------------------------------------------


@quantity
def design_power_w(
    accelerator_tdp_w: Num, host_nameplate_power_w: Num, network_power_w: Num, storage_power_w: Num
) -> Num:
    """IT power per accelerator that plant and feeds are sized for."""
    return accelerator_tdp_w + host_nameplate_power_w + network_power_w + storage_power_w


@quantity
def power_swing_w(
    capped_power_w: Num, phase_power_ratio: Num, accelerator_idle_power_w: Num, accelerator_count: Num, pue: Num
) -> Num:
    """How far the facility's draw falls when all accelerators leave full work for their quietest phase at once."""
    quietest = np.maximum(capped_power_w * np.min(phase_power_ratio, axis=0), accelerator_idle_power_w)
    swing: Num = accelerator_count * np.maximum(capped_power_w - quietest, 0) * pue
    return swing


@quantity
def peak_power_w(
    accelerator_tdp_w: Num,
    power_cap_w: Num,
    peak_load_ratio: Num,
    host_power_w: Num,
    network_power_w: Num,
    storage_power_w: Num,
    spare_power_w: Num,
    monitoring_power_w: Num,
    accelerator_count: Num,
    pue: Num,
) -> Num:
    """Highest sustained draw of the facility for this job: all accelerators in their hottest phase at once."""
    services = host_power_w + network_power_w + storage_power_w + spare_power_w + monitoring_power_w
    return accelerator_count * (np.minimum(accelerator_tdp_w, power_cap_w) * peak_load_ratio + services) * pue


@quantity
def accelerators_in_site_count(site_power_kw: Num, peak_power_w: Num, accelerator_count: Num, w_per_kw: Num) -> Num:
    """Accelerators of such a job that a site's power feeds at their highest sustained draw."""
    return np.floor(site_power_kw * w_per_kw / (peak_power_w / accelerator_count))
