"""NVML: joules and watts of NVIDIA boards, through the driver's own library.

A counter of the whole board is preferred (Volta and newer, millijoules since the driver was loaded). Power is read
beside it, since a counter that stands still while power is drawn has stopped; on boards without a counter it is what
there is, and whether it is a mean or of the moment is told apart. Utilisation is not energy: it is read where a board
gives neither, with the power that the board may not exceed, for a model that is shown apart.
"""

from __future__ import annotations

import os
from collections import namedtuple

from . import files, visible
from .base import Channel, Probe, Reading
from .counters import mirrored

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

LIBRARY = "libnvidia-ml.so.1"

SUCCESS, NOT_SUPPORTED = 0, 3
POWER_AVERAGE, POWER_INSTANT = 185, 186
SCOPE_GPU, SCOPE_MODULE = 0, 1
ARCH_AMPERE = 7
UUID_BYTES, NAME_BYTES = 96, 96
WHOLE, SIGNED, DOUBLE = (1, 2, 3, 6), (4, 5), 0
"""Types of a field's value by how it is read."""

GA100 = ("A100", "A100X", "A800", "A30", "A30X", "170HX")
"""Boards of the one Ampere chip whose power is of the moment; newer ones give a mean over a second."""

ERRORS = {
    1: "the library was not set up",
    2: "it refused what it was asked",
    3: "the board does not support it",
    4: "this user may not read it",
    6: "there is no such board",
    8: "the board lacks external power",
    9: "the NVIDIA driver is not loaded",
    12: "a library of the driver is missing",
    13: "the driver is too old for it",
    15: "the board has fallen off its bus",
    16: "the board waits for a reset",
    17: "the operating system refused it",
    18: "the library and the loaded driver are of different versions",
    999: "the driver gave no reason",
}
FIXES = {
    4: "Give your user the right to read and write the device nodes nvidiactl and nvidia0, nvidia1 and so on, by the "
    "group that owns them.",
    9: "As root, load the driver with modprobe nvidia.",
    12: "Start the container with the driver's utilities: NVIDIA_DRIVER_CAPABILITIES=compute,utility.",
    15: "As root, restart the machine, or reset the board with nvidia-smi --gpu-reset.",
    18: "Restart the machine after an update of the driver, so that both are of one version.",
}
CONTAINER = "In a container, start it with --gpus all and NVIDIA_DRIVER_CAPABILITIES=compute,utility."

Board = namedtuple("Board", ("handle", "uuid", "name", "sliced"))
_Meter = namedtuple("_Meter", ("handle", "energy", "fields", "plain", "busy", "limit"))


class Nvml:
    """One channel of energy a board, or of power where there is no counter, for the boards that the job may use."""

    name = "nvml"

    def __init__(
        self,
        root: str = "/",
        environ: Mapping[str, str] | None = None,
        pid: int | None = None,  # noqa: ARG002
        library: str = LIBRARY,
    ) -> None:
        self.notes: list[str] = []
        self._root = root.rstrip("/")
        self._environ = os.environ if environ is None else environ
        self._name = library
        self._nvml: Any = None
        self._meters: list[Any] = []

    def probe(self) -> Probe:
        """Whether a board of ours gives energy or power."""
        wrong = self._start()
        if wrong is not None:
            return wrong
        try:
            boards = self._boards()
            if not boards:
                return Probe(False, "The driver shows no board.", CONTAINER)
            ours = self._ours(boards)
            if not ours:
                return Probe(False, "CUDA_VISIBLE_DEVICES leaves no board to this job.", "")
            code = NOT_SUPPORTED
            for board in ours:
                if self._channels(board)[0]:
                    return Probe(True, "", "")
                code = self._energy(board.handle)[1]
            return Probe(False, f"No board gives energy or power: {said(code)}.", FIXES.get(code, ""))
        finally:
            self._stop()

    def loads(self) -> bool:
        """Whether there is a library at all: setting it up may wake every board, which takes a while."""
        import ctypes

        try:
            ctypes.CDLL(self._name)
        except OSError:
            return False
        return True

    def open(self) -> list[Channel]:
        """Open the library and find what each board gives."""
        self.close()
        self.notes = []
        if self._start() is not None:
            return []
        boards = self._boards()
        ours = self._ours(boards)
        channels: list[Channel] = []
        counted: list[Any] = []
        for board in ours:
            found, meter = self._channels(board)
            module = bool(found) and found[0].component == "module" and meter.energy is not None
            twin = next((other for other in counted if module and self._same(other.handle, board.handle)), None)
            if twin is not None:
                self.notes.append(f"{board.uuid} repeats the energy of the module of {twin.uuid}, so it is read once.")
                found = [each for each in found if each.component != "module"]
                meter = meter._replace(energy=None, fields=[each for each in meter.fields if each[2] != SCOPE_MODULE])
            elif module:
                counted.append(board)
                self.notes.append(f"The energy of {board.uuid} is that of its module, with processor and memory.")
            if not found:
                self.notes.append(
                    f"{board.uuid} gives neither energy nor power: {said(self._energy(board.handle)[1])}."
                )
                found, meter = self._used(board)
            elif meter.energy is None and twin is None:
                self.notes.append(f"{board.uuid} has no energy counter, so its power is added up over time.")
            if board.sliced:
                self.notes.append(
                    f"{board.uuid} is cut into slices (MIG): its energy is that of the whole board, of which this job "
                    "may have but a part."
                )
            channels += found
            if found:
                self._meters.append(meter)
        if not self._meters:
            self.close()
        return channels

    def read(self, now_ns: int) -> list[Reading]:
        """Joules and watts of every board; none where the driver gives no answer."""
        found: list[Reading] = []
        if self._nvml is None:
            return found
        for meter in self._meters:
            if meter.energy is not None:
                found.append(Reading(meter.energy, self._energy(meter.handle)[0], now_ns))
            if meter.fields:
                values = self._fields(meter.handle, [(field, scope) for _, field, scope in meter.fields])
                found += [
                    Reading(channel, value, now_ns) for (channel, _, _), value in zip(meter.fields, values, strict=True)
                ]
            if meter.plain is not None:
                found.append(Reading(meter.plain, self._usage(meter.handle), now_ns))
            if meter.busy is not None:
                found.append(Reading(meter.busy, self._busy(meter.handle), now_ns))
            if meter.limit is not None:
                found.append(Reading(meter.limit, self._limit(meter.handle), now_ns))
        return found

    def close(self) -> None:
        """Let go of the library."""
        self._meters = []
        self._stop()

    def _start(self) -> Probe | None:
        """Load the library and set it up; what is wrong if that fails."""
        import ctypes

        try:
            nvml = ctypes.CDLL(self._name)
            code = int(nvml.nvmlInit_v2())
        except OSError:
            return self._absent()
        except AttributeError:
            return Probe(False, f"{self._name} is no NVML of a supported version.", "Install a newer NVIDIA driver.")
        if code != SUCCESS:
            return Probe(False, f"NVML does not start: {said(code)}.", FIXES.get(code, ""))
        self._nvml = nvml
        return None

    def _stop(self) -> None:
        if self._nvml is not None:
            self._call("nvmlShutdown")
            self._nvml = None

    def _absent(self) -> Probe:
        if files.text(f"{self._root}/proc/driver/nvidia/version"):
            return Probe(False, f"The NVIDIA driver is loaded, but {self._name} is not to be found.", CONTAINER)
        devices = f"{self._root}/sys/bus/pci/devices"
        for entry in files.names(devices):
            told = files.text(f"{devices}/{entry}/class") or ""
            if files.text(f"{devices}/{entry}/vendor") == "0x10de" and told.startswith("0x03"):
                return Probe(False, "There is an NVIDIA board, but no driver for it.", "Install the NVIDIA driver.")
        return Probe(False, "There is no NVIDIA board here.", "")

    def _call(self, name: str, *arguments: object) -> int:
        """Call the library; a function that it lacks is one not supported."""
        try:
            return int(getattr(self._nvml, name)(*arguments))
        except (AttributeError, OSError, ValueError):
            return 13

    def _boards(self) -> list[Any]:
        """Every board that the driver shows, in its order, which is that of the bus."""
        import ctypes

        count = ctypes.c_uint()
        if self._call("nvmlDeviceGetCount_v2", ctypes.byref(count)) != SUCCESS:
            return []
        boards = []
        for index in range(count.value):
            handle = ctypes.c_void_p()
            if self._call("nvmlDeviceGetHandleByIndex_v2", ctypes.c_uint(index), ctypes.byref(handle)) != SUCCESS:
                continue
            uuid = self._text("nvmlDeviceGetUUID", handle, UUID_BYTES) or f"GPU-{index}"
            name = self._text("nvmlDeviceGetName", handle, NAME_BYTES)
            now, next_ = ctypes.c_uint(), ctypes.c_uint()
            code = self._call("nvmlDeviceGetMigMode", handle, ctypes.byref(now), ctypes.byref(next_))
            boards.append(Board(handle, uuid, name, code == SUCCESS and now.value == 1))
        return boards

    def _ours(self, boards: list[Any]) -> list[Any]:
        """The boards that CUDA_VISIBLE_DEVICES leaves to the job, those of its slices too, each once."""
        entries = visible.named(self._environ, "CUDA_VISIBLE_DEVICES")
        if entries is None:
            return boards
        uuids = [board.uuid for board in boards]
        numbered = any(entry.isdigit() for entry in entries)
        if (
            numbered
            and len({board.name for board in boards}) > 1
            and self._environ.get("CUDA_DEVICE_ORDER") != "PCI_BUS_ID"
        ):
            self.notes.append(
                "Boards differ and CUDA_VISIBLE_DEVICES numbers them: set CUDA_DEVICE_ORDER=PCI_BUS_ID, or CUDA may "
                "count in another order than the driver."
            )
        places = visible.indices([self._parent(entry, uuids) for entry in entries], uuids)
        return [boards[place] for place in places]

    def _parent(self, entry: str, uuids: list[str]) -> str:
        """The UUID of the board of a slice; an entry that is none as it is."""
        if not entry.upper().startswith("MIG-"):
            return entry
        if entry.upper().startswith("MIG-GPU-"):
            return entry[4:].partition("/")[0]
        if len(uuids) == 1:
            return uuids[0]
        import ctypes

        piece, board = ctypes.c_void_p(), ctypes.c_void_p()
        named = ctypes.c_char_p(entry.encode())
        if (
            self._call("nvmlDeviceGetHandleByUUID", named, ctypes.byref(piece)) == SUCCESS
            and self._call("nvmlDeviceGetDeviceHandleFromMigDeviceHandle", piece, ctypes.byref(board)) == SUCCESS
        ):
            return self._text("nvmlDeviceGetUUID", board, UUID_BYTES) or entry
        return entry

    def _channels(self, board: Any) -> tuple[list[Channel], Any]:
        """What a board gives: channels, and how they are read. The first is of its energy if it has a counter."""
        channels: list[Channel] = []
        energy = None
        wanted = [(field, scope) for scope in (SCOPE_MODULE, SCOPE_GPU) for field in (POWER_AVERAGE, POWER_INSTANT)]
        given = dict(zip(wanted, self._fields(board.handle, wanted), strict=True))
        module = bool(given[POWER_AVERAGE, SCOPE_MODULE] or given[POWER_INSTANT, SCOPE_MODULE])
        module = module and self._linked(board.handle)
        if self._energy(board.handle)[0] is not None:
            energy = f"nvml:{board.uuid}:energy"
            component = "module" if module else "accelerator"
            channels.append(Channel(energy, board.uuid, component, "device", "counter", "J", 0.0, "NVML total energy"))
        fields: list[tuple[str, int, int]] = []
        for scope, component in ((SCOPE_MODULE, "module"), (SCOPE_GPU, "accelerator")):
            if scope == SCOPE_MODULE and not module:
                continue
            for field, kind, word in ((POWER_AVERAGE, "average", "average"), (POWER_INSTANT, "gauge", "instantaneous")):
                if given[field, scope] is None:
                    continue
                channel = f"nvml:{board.uuid}:{component}-{word}"
                source = f"NVML {word} power{' of the module' if module and scope == SCOPE_MODULE else ''}"
                channels.append(Channel(channel, board.uuid, component, "device", kind, "W", 0.0, source))
                fields.append((channel, field, scope))
                break
        plain = None
        if not fields and self._usage(board.handle) is not None:
            plain = f"nvml:{board.uuid}:power"
            kind = "average" if self._averages(board) else "gauge"
            channels.append(Channel(plain, board.uuid, "accelerator", "device", kind, "W", 0.0, "NVML power usage"))
        return channels, _Meter(board.handle, energy, fields, plain, None, None)

    def _used(self, board: Any) -> tuple[list[Channel], Any]:
        """How busy a board is, and the power that it may not exceed: what a model needs where nothing is measured."""
        rest = ("accelerator", "device")
        channels = []
        busy = limit = None
        if self._busy(board.handle) is not None:
            busy = f"nvml:{board.uuid}:busy"
            channels.append(Channel(busy, board.uuid, *rest, "gauge", "1", 0.0, "NVML utilisation"))
            if self._limit(board.handle) is not None:
                limit = f"nvml:{board.uuid}:limit"
                channels.append(Channel(limit, board.uuid, *rest, "limit", "W", 0.0, "NVML enforced power limit"))
        return channels, _Meter(board.handle, None, [], None, busy, limit)

    def _busy(self, handle: Any) -> float | None:
        """Part of the last moments in which the board ran something, from 0 to 1."""
        import ctypes

        rates = (ctypes.c_uint * 2)()  # of the processors, and of the memory
        code = self._call("nvmlDeviceGetUtilizationRates", handle, rates)
        return rates[0] / 100 if code == SUCCESS else None

    def _limit(self, handle: Any) -> float | None:
        import ctypes

        value = ctypes.c_uint()
        code = self._call("nvmlDeviceGetEnforcedPowerLimit", handle, ctypes.byref(value))
        return value.value / 1e3 if code == SUCCESS else None

    def _linked(self, handle: Any) -> bool:
        """Whether a board is tied to its processor: an older driver answers for a module where there is none."""
        import ctypes

        linked = ctypes.c_uint()
        code = self._call("nvmlDeviceGetC2cModeInfoV", handle, ctypes.byref(linked))
        return code == SUCCESS and linked.value == 1

    def _averages(self, board: Any) -> bool:
        """Whether the power usage of a board is a mean over a second: Ampere and newer, but for its largest chip."""
        import ctypes

        arch = ctypes.c_uint()
        if self._call("nvmlDeviceGetArchitecture", board.handle, ctypes.byref(arch)) != SUCCESS:
            return False
        words = board.name.replace("-", " ").split()
        largest = any(word in GA100 for word in words)
        return ARCH_AMPERE <= arch.value < 0xFFFFFFFF and not largest

    def _energy(self, handle: Any) -> tuple[float | None, int]:
        """Joules since the driver was loaded, and what the driver answered."""
        import ctypes

        value = ctypes.c_ulonglong()
        code = self._call("nvmlDeviceGetTotalEnergyConsumption", handle, ctypes.byref(value))
        return (value.value / 1e3 if code == SUCCESS else None), code

    def _usage(self, handle: Any) -> float | None:
        import ctypes

        value = ctypes.c_uint()
        code = self._call("nvmlDeviceGetPowerUsage", handle, ctypes.byref(value))
        return value.value / 1e3 if code == SUCCESS else None

    def _fields(self, handle: Any, wanted: list[tuple[int, int]]) -> list[float | None]:
        """Watts by field and scope, all in one call."""
        values = (_field_value() * len(wanted))()
        for value, (field, scope) in zip(values, wanted, strict=True):
            value.fieldId, value.scopeId, value.nvmlReturn = field, scope, NOT_SUPPORTED
        if self._call("nvmlDeviceGetFieldValues", handle, len(wanted), values) != SUCCESS:
            return [None] * len(wanted)
        return [_watts(value) for value in values]

    def _same(self, one: Any, other: Any) -> bool:
        return mirrored(lambda: self._energy(one)[0], lambda: self._energy(other)[0], _moment)

    def _text(self, name: str, handle: Any, length: int) -> str:
        import ctypes

        buffer = ctypes.create_string_buffer(length)
        code = self._call(name, handle, buffer, ctypes.c_uint(length))
        return buffer.value.decode("utf-8", "replace") if code == SUCCESS else ""


def said(code: int) -> str:
    """An answer of NVML in words."""
    return ERRORS.get(code, f"the driver answered with error {code}")


def _watts(value: Any) -> float | None:
    if value.nvmlReturn != SUCCESS:
        return None
    if value.valueType == DOUBLE:
        milliwatts = float(value.value.double)
    elif value.valueType == 1:
        milliwatts = float(value.value.uint)
    elif value.valueType in WHOLE:
        milliwatts = float(value.value.ulonglong)
    elif value.valueType in SIGNED:
        milliwatts = float(value.value.longlong if value.valueType == SIGNED[0] else value.value.int)
    else:
        return None
    return milliwatts / 1e3 if milliwatts >= 0 else None


_KNOWN: list[Any] = []


def _field_value() -> Any:
    """The type ``nvmlFieldValue_t``: 40 bytes, the value a union of 8."""
    if not _KNOWN:
        import ctypes

        class Value(ctypes.Union):
            _fields_ = (
                ("double", ctypes.c_double),
                ("uint", ctypes.c_uint),
                ("ulonglong", ctypes.c_ulonglong),
                ("longlong", ctypes.c_longlong),
                ("int", ctypes.c_int),
            )

        class FieldValue(ctypes.Structure):
            _fields_ = (
                ("fieldId", ctypes.c_uint),
                ("scopeId", ctypes.c_uint),
                ("timestamp", ctypes.c_longlong),
                ("latencyUsec", ctypes.c_longlong),
                ("valueType", ctypes.c_uint),
                ("nvmlReturn", ctypes.c_uint),
                ("value", Value),
            )

        _KNOWN.append(FieldValue)
    return _KNOWN[0]


def _moment() -> None:
    """Wait until a counter has been refreshed: it takes up to a tenth of a second."""
    import time

    time.sleep(0.12)
