"""AMD SMI: joules of Instinct and Radeon boards, through the library of ROCm.

Only boards whose counter works are read: on the others, and where there is no ROCm, :mod:`.hwmon` gives the power
of the same devices under the same names, by files that do not change from one version of ROCm to the next.
"""

from __future__ import annotations

import os
from collections import namedtuple

from . import files, visible
from .base import Channel, Probe, Reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

LIBRARY = "libamd_smi.so"
ROCM = "opt/rocm/lib/libamd_smi.so"
SUCCESS, GPUS, MISSING = 0, 2, 5

ERRORS = {
    2: "the board does not support it",
    4: "a library of the driver is missing",
    5: "the library lacks the function",
    6: "the kernel's graphics interface gave no answer",
    10: "this user may not read it",
    14: "a file of the driver cannot be read",
    18: "it could not be set up",
    31: "there is no such board",
    34: "the amdgpu driver is not loaded",
}
GROUPS = "Put your user in the groups that own the graphics devices: usermod -aG render,video USER."

Die = namedtuple("Die", ("handle", "device", "joules", "code"))


class Amd:
    """The energy counter of every AMD board that the job may use; a board of two dies counts once."""

    name = "amd"

    def __init__(
        self,
        root: str = "/",
        environ: Mapping[str, str] | None = None,
        pid: int | None = None,  # noqa: ARG002
        library: str = "",
    ) -> None:
        self.notes: list[str] = []
        self._root = root.rstrip("/")
        self._environ = os.environ if environ is None else environ
        self._names = [library] if library else [LIBRARY, f"{self._root}/{ROCM}"]
        self._smi: Any = None
        self._meters: list[tuple[str, Any]] = []

    def probe(self) -> Probe:
        """Whether a board of ours has a counter that counts."""
        wrong = self._start()
        if wrong is not None:
            return wrong
        try:
            dies = self._dies()
            if not dies:
                return Probe(False, "AMD SMI shows no board.", GROUPS)
            ours = self._ours(dies)
            if not ours:
                return Probe(False, "ROCR_VISIBLE_DEVICES or HIP_VISIBLE_DEVICES leaves no board to this job.", "")
            if any(die.joules for die in ours):
                return Probe(True, "", "")
            code = ours[0].code
            if code == SUCCESS:
                return Probe(False, "The energy counters of the boards stand at 0.", "")
            return Probe(False, f"No board gives energy: {said(code)}.", GROUPS if code == 10 else "")
        finally:
            self._stop()

    def loads(self) -> bool:
        """Whether there is a library at all."""
        import ctypes

        for name in self._names:
            try:
                ctypes.CDLL(name)
            except OSError:
                continue
            return True
        return False

    def open(self) -> list[Channel]:
        """Open the library and find the boards whose counter counts."""
        self.close()
        self.notes = []
        if self._start() is not None:
            return []
        channels = []
        for die in self._ours(self._dies()):
            if not die.joules:
                why = "its counter stands at 0" if die.code == SUCCESS else said(die.code)
                self.notes.append(f"{die.device} gives no energy here: {why}.")
                continue
            channel = f"amd:{die.device}:energy"
            channels.append(
                Channel(channel, die.device, "accelerator", "device", "counter", "J", 0.0, "AMD SMI energy accumulator")
            )
            self._meters.append((channel, die.handle))
        if not channels:
            self.close()
        return channels

    def read(self, now_ns: int) -> list[Reading]:
        """Joules of every board."""
        return [Reading(channel, self._energy(handle)[0], now_ns) for channel, handle in self._meters]

    def close(self) -> None:
        """Let go of the library."""
        self._meters = []
        self._stop()

    def _start(self) -> Probe | None:
        import ctypes

        for name in self._names:
            try:
                smi = ctypes.CDLL(name)
            except OSError:
                continue
            try:
                code = int(smi.amdsmi_init(ctypes.c_uint64(GPUS)))
            except (AttributeError, OSError):
                return Probe(False, f"{name} is no AMD SMI of a supported version.", "Install a newer ROCm.")
            if code != SUCCESS:
                return Probe(False, f"AMD SMI does not start: {said(code)}.", GROUPS if code == 10 else "")
            self._smi = smi
            return None
        if files.exists(f"{self._root}/sys/module/amdgpu"):
            fix = "Install amd-smi-lib, or take the power that the kernel gives (the sensor hwmon)."
            return Probe(False, f"The amdgpu driver is loaded, but {self._names[0]} is not to be found.", fix)
        return Probe(False, "There is no AMD accelerator here.", "")

    def _stop(self) -> None:
        if self._smi is not None:
            self._call("amdsmi_shut_down")
            self._smi = None

    def _call(self, name: str, *arguments: object) -> int:
        try:
            return int(getattr(self._smi, name)(*arguments))
        except (AttributeError, OSError, ValueError):
            return MISSING

    def _handles(self, name: str, *of: object) -> list[Any]:
        """A list of the library, by its two calls: how many, then which."""
        import ctypes

        count = ctypes.c_uint32()
        if self._call(name, *of, ctypes.byref(count), None) != SUCCESS or not count.value:
            return []
        handles = (ctypes.c_void_p * count.value)()
        if self._call(name, *of, ctypes.byref(count), handles) != SUCCESS:
            return []
        return [ctypes.c_void_p(handle) for handle in handles[: count.value]]

    def _dies(self) -> list[Any]:
        """Every die, in the order of the library."""
        import ctypes

        dies = []
        for socket in self._handles("amdsmi_get_socket_handles"):
            for handle in self._handles("amdsmi_get_processor_handles", socket):
                place = ctypes.c_uint64()
                if self._call("amdsmi_get_gpu_device_bdf", handle, ctypes.byref(place)) != SUCCESS:
                    continue
                dies.append(Die(handle, f"pci-{address(place.value)}", *self._energy(handle)))
        return dies

    def _ours(self, dies: list[Any]) -> list[Any]:
        """The dies that the job may use; one that counts nothing, or is part of another, by the first of its board."""
        found: list[Any] = []
        for place in visible.amd(self._environ, [die.device.removeprefix("pci-") for die in dies]):
            die = dies[place]
            first = next((each for each in dies if each.device[:-1] == die.device[:-1] and each.joules), die)
            if place % 2 and not die.joules and dies[place - 1].joules:
                first = dies[place - 1]
            if first is not die:
                self.notes.append(f"{die.device} is read with {first.device}: they are one board.")
                die = first
            if die not in found:
                found.append(die)
        return found

    def _energy(self, handle: Any) -> tuple[float | None, int]:
        """Joules, and what the library answered: an accumulator times its resolution in microjoules."""
        import ctypes

        count, resolution, when = ctypes.c_uint64(), ctypes.c_float(), ctypes.c_uint64()
        code = self._call(
            "amdsmi_get_energy_count", handle, ctypes.byref(count), ctypes.byref(resolution), ctypes.byref(when)
        )
        return (count.value * resolution.value / 1e6 if code == SUCCESS else None), code


def address(bits: int) -> str:
    """The place of a device on its bus: function, device, bus and domain from the lowest bits up."""
    return f"{bits >> 16:04x}:{bits >> 8 & 0xFF:02x}:{bits >> 3 & 0x1F:02x}.{bits & 7:x}"


def said(code: int) -> str:
    """An answer of AMD SMI in words."""
    return ERRORS.get(code & 0xFFFFFFFF, f"the library answered with error {code & 0xFFFFFFFF}")
