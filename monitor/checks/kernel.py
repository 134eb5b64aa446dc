"""Whether the kernel and its surroundings let every byte find its program."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.checks.findings import Finding, Level

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.checks.remedies import Remedies

_OLDEST: Final = (6, 1)
_CONFIDENTIALITY: Final = "confidentiality"
_MOUNT_CGROUP: Final = "mount -t cgroup2 none /sys/fs/cgroup"
_MOUNT_BPFFS: Final = "mount -t bpf bpf /sys/fs/bpf"
# Two ways to see who sends and receives: one of them is enough.
_EITHER: Final = frozenset({"tracepoints", "functions"})
_WITHOUT: Final = {
    "task_file": "sockets that are open already have no owner until they are used",
    "wire": "the IP bytes of devices are estimated, not measured",
    "drops": "what a queue drops is counted as sent",
    "tun": "tunnels of programs are not recognised",
}
"""What it costs when a group of programs does not load."""
_UNSEEN: Final = frozenset({"netns_cookie"})  # the same by other means


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """What there is.

    Attributes:
        release: as `uname -r`.
        machine: as `uname -m`.
        lockdown: the mode in force; empty where the kernel has no such thing.
        missing: capabilities for eBPF that this process lacks.
        libbpf: its version; empty where the library is missing.
        btf: where the kernel describes its types.
        has_btf: whether it does.
        cgroup: the root of cgroup v2, or None.
        is_hybrid: whether cgroup v1 is there besides.
        bpffs: where it is mounted, or None.
        groups: optional groups of programs that there are.
        loads: those that load; None when not even the required
            ones do, or it may not be tried.
        refusal: why not; empty when it was not tried.
    """

    release: str
    machine: str
    lockdown: str
    missing: tuple[str, ...]
    libbpf: str
    btf: Path
    has_btf: bool
    cgroup: Path | None
    is_hybrid: bool
    bpffs: Path | None
    groups: frozenset[str]
    loads: frozenset[str] | None
    refusal: str


def judge(kernel: Kernel, remedies: Remedies, *, served: bool) -> Iterator[Finding]:
    """What follows from it.

    Args:
        kernel: the facts.
        remedies: how commands are spelt.
        served: whether a daemon counts by program already: then it does not matter
            what this process may.
    """
    yield _release(kernel, served=served)
    if kernel.lockdown == _CONFIDENTIALITY:
        yield Finding(
            "lockdown",
            Level.WARN,
            "The kernel is locked down (confidentiality), so programs cannot be told "
            "apart; boot it with lockdown=integrity.",
        )
    yield _capabilities(kernel, remedies, served=served)
    yield _library(kernel, remedies)
    yield _types(kernel)
    yield _cgroup(kernel, remedies)
    yield _bpffs(kernel, remedies)
    yield from _programs(kernel)


def _release(kernel: Kernel, *, served: bool) -> Finding:
    text = f"Linux {kernel.release} on {kernel.machine}."
    numbers = re.match(r"(\d+)\.(\d+)", kernel.release)
    is_old = numbers is not None and (int(numbers[1]), int(numbers[2])) < _OLDEST
    # What works is not too old, whatever it calls itself.
    if not is_old or served or kernel.loads is not None:
        return Finding("kernel", Level.OK, text)
    wanted = ".".join(map(str, _OLDEST))
    return Finding(
        "kernel",
        Level.WARN,
        f"Linux {kernel.release} is older than {wanted}: only totals of interfaces "
        "can be counted until a later kernel runs.",
    )


def _capabilities(kernel: Kernel, remedies: Remedies, *, served: bool) -> Finding:
    if not kernel.missing:
        text = "This process may count by program (all capabilities that it needs)."
        return Finding("capabilities", Level.OK, text)
    names = ", ".join(kernel.missing)
    if served:
        text = f"This process lacks {names}; the daemon has what it needs."
        return Finding("capabilities", Level.OK, text)
    if remedies.is_root:
        text = (
            f"Root lacks {names} here (a container?): programs cannot be told apart; "
            "give it these capabilities, or run esimmon outside."
        )
        return Finding("capabilities", Level.WARN, text)
    text = (
        f"This user lacks {names}: esimmon run counts only totals of interfaces, "
        "unless root starts it."
    )
    return Finding("capabilities", Level.WARN, text, remedies.run(root=True))


def _library(kernel: Kernel, remedies: Remedies) -> Finding:
    if kernel.libbpf:
        return Finding("libbpf", Level.OK, f"libbpf {kernel.libbpf}.")
    return Finding(
        "libbpf",
        Level.WARN,
        "The library libbpf.so.1 is missing: programs cannot be told apart.",
        remedies.install("libbpf"),
    )


def _types(kernel: Kernel) -> Finding:
    if kernel.has_btf:
        return Finding("btf", Level.OK, f"The kernel describes its types: {kernel.btf}")
    return Finding(
        "btf",
        Level.WARN,
        f"{kernel.btf} is missing: programs cannot be told apart until a kernel with "
        "CONFIG_DEBUG_INFO_BTF runs (those of Debian, Ubuntu, Fedora and Arch are).",
    )


def _cgroup(kernel: Kernel, remedies: Remedies) -> Finding:
    if kernel.cgroup is None:
        return Finding(
            "cgroup",
            Level.WARN,
            "No cgroup v2 is mounted: programs cannot be told apart.",
            remedies.as_root(_MOUNT_CGROUP),
        )
    kind = "hybrid: beside cgroup v1" if kernel.is_hybrid else "unified"
    text = f"cgroup v2 is at {kernel.cgroup} ({kind})."
    return Finding("cgroup", Level.OK, text)


def _bpffs(kernel: Kernel, remedies: Remedies) -> Finding:
    if kernel.bpffs is not None:
        return Finding("bpffs", Level.OK, f"bpffs is at {kernel.bpffs}.")
    return Finding(
        "bpffs",
        Level.NOTE,
        "bpffs is not mounted; esimmon run mounts it when root starts it.",
        remedies.as_root(_MOUNT_BPFFS),
    )


def _programs(kernel: Kernel) -> Iterator[Finding]:
    """What the kernel takes of the BPF object: loaded, attached to nothing."""
    if kernel.loads is None:
        if kernel.refusal:
            yield Finding("programs", Level.WARN, kernel.refusal)
        return
    lacks = sorted(
        _WITHOUT.get(group, f"the group {group} is off")
        for group in kernel.groups - kernel.loads - _EITHER - _UNSEEN
    )
    if not kernel.loads & _EITHER:
        lacks.append("a socket that changes hands stays with who had it first")
    by = ", ".join(["cgroup", *sorted(kernel.loads)])
    if not lacks:
        yield Finding("programs", Level.OK, f"The kernel takes the programs ({by}).")
        return
    text = f"The kernel takes only some of the programs ({by}): {'; '.join(lacks)}."
    yield Finding("programs", Level.NOTE, text)
