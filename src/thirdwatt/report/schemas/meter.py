"""What ``runs`` and ``doctor`` print."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from thirdwatt.report.schemas.parts import Kind, Strict, Three


class MeteredDevice(Strict):
    """Energy of one device of a run, from its samples."""

    host: str
    boot: str
    device: str
    component: str
    scope: str
    source: str
    method: str
    whole_node: bool
    energy_j: Three
    job_j: Three
    mean_w: float | None
    max_w: float | None
    measured_s: float
    gap_s: float
    gaps: list[dict[str, float]]
    events: dict[str, int]


class ModelledComponent(Strict):
    """What has no sensor, as a range."""

    component: str
    energy_j: Three
    how: str
    host: str
    boot: str
    device: str | None = None


class MachineShare(Three):
    """What of a machine is the job's, apart from its accelerators, and why."""

    how: str


class MeteredMachine(Strict):
    """A machine of a run: the job's energy there, and what was measured of all of it."""

    host: str
    boot: str
    share: MachineShare
    energy_j: Three
    measured_j: Three
    modelled_j: Three
    machine_j: float


class ComponentEnergy(Strict):
    """What was measured of a kind of device."""

    component: str
    energy_j: float


class RestsOn(Strict):
    """A figure on which a price rests."""

    quantity: str
    value: float
    kind: str
    source: str


class PricedRun(Strict):
    """What the energy of a run comes to at a site; no carbon and no water where no place is stated."""

    facility_energy_kwh: Three
    electricity_usd: Three | None
    carbon_kg: Three | None
    water_l: Three | None
    rests_on: list[RestsOn]


class Run(Strict):
    """One measured run; the short form of a list lacks everything after ``tokens``."""

    id: str
    name: str | None = None
    state: Literal["finished", "killed", "running"] | None = None
    start_s: float | None = None
    duration_s: float | None = None
    hosts: list[str] = []
    processes: int | None = None
    attempts: int | None = None
    accelerators: int | None = None
    accelerator_hours: float | None = None
    energy_j: Three | None = None
    measured_j: float | None = None
    modelled_j: Three | None = None
    measured_share: float | None = None
    steps: int | None = None
    tokens: int | None = None
    boundary: Literal["it"] | None = None
    machines: list[MeteredMachine] = []
    components: list[ComponentEnergy] = []
    devices: list[MeteredDevice] = []
    modelled: list[ModelledComponent] = []
    step_s: float | None = None
    tokens_per_s: Three | None = None
    j_per_token: Three | None = None
    phases: list[dict[str, Any]] = []
    processor_s: float | None = None
    processor_share: float | None = None
    own_cpu_s: float | None = None
    clock_jumps: int | None = None
    slept_s: float | None = None
    slurm_jobs: list[str] = []
    slurm_j: float | None = None
    priced: PricedRun | None = None
    notes: list[Any] = []
    bad_lines: int | None = None
    lost_mark_details: int | None = None
    how: list[str] = []


class Runs(Strict):
    """The document of ``runs --json``."""

    schema_: Literal["thirdwatt/runs/1"] = Field(alias="schema")
    facts_digest: str
    runs: list[Run]


class Summary(Strict):
    """The result of a run as its file holds it: ``said`` is how much was measured, ``made`` what it was made from."""

    schema_: Literal["thirdwatt/summary/1"] = Field(alias="schema")
    said: str
    windows: dict[str, tuple[int, int]]
    made: str
    run: Run


class Observed(Strict):
    """One thing that was seen; its unit is the ending of the quantity's name."""

    quantity: str
    value: float
    low: float | None = None
    high: float | None = None
    unit: str | None = None
    kind: Kind = "measured"
    source: str = ""
    scope: Literal["rate", "run"] = "rate"


class DoctorSensor(Strict):
    """One sensor: whether it works here, why not, and the least that would make it work."""

    name: str
    works: bool
    reason: str
    fix: str
    channels: list[Any]
    notes: list[str]


class DoctorComponent(Strict):
    """How a part of this machine would be known, and the watts that a model gives where it would be modelled."""

    component: str
    status: str
    by: list[str]
    devices: int
    low_w: float | None
    high_w: float | None


class Doctor(Strict):
    """The document of ``doctor --json``."""

    schema_: Literal["thirdwatt/doctor/1"] = Field(alias="schema")
    facts_digest: str
    sensors: list[DoctorSensor]
    components: list[DoctorComponent]
