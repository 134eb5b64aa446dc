"""Why the kernel refused, and what a person can do about it.

Source: man 7 capabilities; the set that is enough was found by dropping all others.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.errors import UnsupportedError

if TYPE_CHECKING:
    from monitor.collectors.bpf.libbpf import Library

_NEEDED = {"CAP_BPF": 39, "CAP_PERFMON": 38, "CAP_NET_ADMIN": 12}
_CAP_SYS_ADMIN = 21  # stands for all of them
_STATUS = Path("/proc/self/status")


def missing_capabilities(status: Path = _STATUS) -> list[str]:
    """Names of the capabilities that a process lacks; empty when it has enough.

    Args:
        status: /proc/PID/status of the process; of this one unless it is said.
    """
    lines = status.read_text(encoding="utf-8", errors="replace").splitlines()
    effective = next(line for line in lines if line.startswith("CapEff:"))
    mask = int(effective.split()[1], 16)
    if mask >> _CAP_SYS_ADMIN & 1:
        return []
    return [name for name, bit in _NEEDED.items() if not mask >> bit & 1]


def require_btf(btf: Path) -> None:
    """Check that the kernel describes its own types.

    Args:
        btf: /sys/kernel/btf/vmlinux.

    Raises:
        UnsupportedError: It does not.
    """
    if not btf.exists():
        raise UnsupportedError(
            f"Counting per process needs the kernel's type information, and {btf} is "
            "missing.",
            remedy="Run a kernel built with CONFIG_DEBUG_INFO_BTF (those of Debian, "
            "Ubuntu, Fedora and Arch are).",
        )


def explain(error: OSError, library: Library) -> UnsupportedError:
    """Turn a refusal to load or attach into a sentence and a remedy.

    Args:
        error: from libbpf.
        library: has the log.

    Returns:
        The error to raise.
    """
    log = library.take_log()
    missing = missing_capabilities()
    if missing:
        return UnsupportedError(
            f"Counting per process is not permitted: {', '.join(missing)} missing.",
            remedy="Run esimmon as root (sudo), or as a service with these "
            f"capabilities: AmbientCapabilities={' '.join(_NEEDED)}",
        )
    if error.errno in (errno.EPERM, errno.EACCES):
        return UnsupportedError(
            "The kernel refuses eBPF programs although the capabilities are there "
            f"({error.strerror}): a container, or a kernel locked down.",
            remedy="Run esimmon outside of the container; lockdown (see "
            "/sys/kernel/security/lockdown) must not be `confidentiality`.",
        )
    reason = log[-1] if log else error.strerror
    return UnsupportedError(
        f"The kernel {os.uname().release} does not take the eBPF program: {reason}",
        remedy="Linux 6.1 or later is needed, with CONFIG_CGROUP_BPF.",
    )
