"""Storage: what keeping the data and the checkpoints takes.

Three tiers. The *scratch* tier is the fast file system a cluster reserves for its accelerators while the run lasts. The
*archive* holds the dataset and the kept checkpoints, in copies or erasure coded, during the run and for the years of
retention. *Backup* copies go to a second place.

All arguments broadcast to (V, S). Media powers include the servers around the drives.

References
----------
.. [1] Plank 2013, Erasure Codes for Storage Systems, ;login: 38(6): k data and m coding blocks take (k + m)/k.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Num


@quantity
def dataset_byte(token_count: Num, byte_per_token: Num) -> Num:
    """Size of the dataset at rest."""
    return token_count * byte_per_token


@quantity
def checkpoint_byte(
    learning_parameter_count: Num, checkpoint_byte_per_parameter: Num, kept_checkpoint_count: Num
) -> Num:
    """Size of the checkpoints that are kept: what learned, its master copy and both moments of the optimiser each."""
    return learning_parameter_count * checkpoint_byte_per_parameter * kept_checkpoint_count


@quantity(given=("erasure_data_count", "erasure_parity_count"))
def storage_copies__erasure(erasure_data_count: Num, erasure_parity_count: Num) -> Num:
    """Bytes on media per byte stored, erasure coded [1]_: (k + m)/k."""
    return (erasure_data_count + erasure_parity_count) / erasure_data_count


@quantity
def storage_copies(default_storage_copies: Num) -> Num:
    """Bytes on media per byte stored, as plain copies."""
    return default_storage_copies


@quantity
def archive_tb(dataset_byte: Num, checkpoint_byte: Num, storage_copies: Num, byte_per_tb: Num) -> Num:
    """Media the run's data occupies."""
    return (dataset_byte + checkpoint_byte) * storage_copies / byte_per_tb


@quantity
def backup_tb(dataset_byte: Num, checkpoint_byte: Num, backup_copies: Num, byte_per_tb: Num) -> Num:
    """Media its backup occupies."""
    return (dataset_byte + checkpoint_byte) * backup_copies / byte_per_tb


@quantity
def storage_power_w(scratch_tb_per_accelerator: Num, scratch_w_per_tb: Num) -> Num:
    """Draw of the scratch tier per accelerator."""
    return scratch_tb_per_accelerator * scratch_w_per_tb


@quantity
def retention_time_h(retention_year: Num, h_per_year: Num) -> Num:
    """Time the data is kept after the run."""
    return retention_year * h_per_year


@quantity
def storage_retention_energy_kwh(archive_tb: Num, archive_w_per_tb: Num, retention_time_h: Num, w_per_kw: Num) -> Num:
    """Energy of keeping the archive after the run."""
    return archive_tb * archive_w_per_tb * retention_time_h / w_per_kw


@quantity
def backup_retention_energy_kwh(backup_tb: Num, backup_w_per_tb: Num, retention_time_h: Num, w_per_kw: Num) -> Num:
    """Energy of keeping the backup after the run."""
    return backup_tb * backup_w_per_tb * retention_time_h / w_per_kw


@quantity
def retention_energy_kwh(storage_retention_energy_kwh: Num, backup_retention_energy_kwh: Num) -> Num:
    """Energy of keeping data after the run."""
    return storage_retention_energy_kwh + backup_retention_energy_kwh


@quantity(component="storage")
def storage_energy_kwh(
    storage_power_w: Num,
    accelerator_hours: Num,
    archive_tb: Num,
    archive_w_per_tb: Num,
    wall_time_h: Num,
    storage_retention_energy_kwh: Num,
    w_per_kw: Num,
) -> Num:
    """Energy of scratch and archive during the run, and of the archive for as long as it is kept."""
    running = storage_power_w * accelerator_hours + archive_tb * archive_w_per_tb * wall_time_h
    return running / w_per_kw + storage_retention_energy_kwh


@quantity(component="backup")
def backup_energy_kwh(
    backup_tb: Num, backup_w_per_tb: Num, wall_time_h: Num, backup_retention_energy_kwh: Num, w_per_kw: Num
) -> Num:
    """Energy of the backup during the run and for as long as it is kept."""
    return backup_tb * backup_w_per_tb * wall_time_h / w_per_kw + backup_retention_energy_kwh
