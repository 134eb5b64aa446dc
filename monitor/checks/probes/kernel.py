"""What the kernel offers: its files are read, the BPF object is loaded for a moment.

Privilege: none; loading is tried only with the three capabilities.
Cost: 0.15 s and 12 MB for a moment where loading is tried.
"""

from __future__ import annotations

import ctypes
import os
import re
from pathlib import Path
from typing import Final, NamedTuple

from monitor.checks.kernel import Kernel
from monitor.collectors.bpf import Surroundings, features, refusal
from monitor.collectors.bpf.cgroups import find_root
from monitor.collectors.bpf.libbpf import Library
from monitor.collectors.bpf.loading import MAX_ROWS, Loaded, Settings
from monitor.collectors.bpf.mounts import find, mounts
from monitor.errors import UnsupportedError

LOCKDOWN: Final = Path("/sys/kernel/security/lockdown")


class Trial(NamedTuple):
    """What came of loading the object.

    Attributes:
        loads: optional groups that load; None when not even the required ones do.
        refusal: why not, as one sentence.
    """

    loads: frozenset[str] | None
    refusal: str = ""


def look(where: Surroundings, lockdown: Path = LOCKDOWN) -> Kernel:
    """Look at the kernel.

    Args:
        where: the kernel's files and the library.
        lockdown: the file of securityfs; it need not exist.
    """
    missing = tuple(refusal.missing_capabilities(where.proc / "self/status"))
    trial = Trial(None) if missing else try_loading(where)
    cgroup = find_cgroup(where)
    return Kernel(
        release=os.uname().release,
        machine=os.uname().machine,
        lockdown=read_lockdown(lockdown),
        missing=missing,
        libbpf=libbpf_version(where.libbpf),
        btf=where.btf,
        has_btf=where.btf.exists(),
        cgroup=cgroup,
        is_hybrid=bool(cgroup and mounts(where.mountinfo, "cgroup")),
        bpffs=find_bpffs(where),
        groups=where.features,
        loads=trial.loads,
        refusal=trial.refusal,
    )


def try_loading(where: Surroundings) -> Trial:
    """Load the object as a daemon would, attach it to nothing, let it go.

    Args:
        where: the kernel's files and the library.
    """
    try:
        find_root(where.mountinfo, where.proc)
        refusal.require_btf(where.btf)
        library = Library(where.libbpf)
    except UnsupportedError:
        return Trial(None)  # what is missing has a finding of its own
    settings = Settings.here(MAX_ROWS)
    allowed = where.features
    if not settings.netns_cookie:
        allowed -= {"netns_cookie"}
    try:
        loaded = features.choose(
            lambda on: Loaded(library, where.program, settings, on),
            lambda other: other.close(with_maps=True),
            allowed,
        )
    except OSError as error:
        return Trial(None, str(refusal.explain(error, library)))
    loaded.close(with_maps=True)
    return Trial(loaded.features)


def libbpf_version(soname: str) -> str:
    """The version of the library, such as "1.1"; empty when it is missing.

    Args:
        soname: name for the dynamic loader.
    """
    try:
        version = ctypes.CDLL(soname).libbpf_version_string
    except (OSError, AttributeError):
        return ""
    version.restype = ctypes.c_char_p
    text: bytes = version()
    return text.decode("ascii", "replace").removeprefix("v")


def read_lockdown(path: Path) -> str:
    """The mode in force, the one in brackets; empty where there is none.

    Args:
        path: such as "none [integrity] confidentiality".
    """
    try:
        modes = path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    found = re.search(r"\[(\w+)\]", modes)
    return found[1] if found else ""


def find_bpffs(where: Surroundings) -> Path | None:
    """Where pins are, reached from here; None when bpffs is not mounted.

    Args:
        where: the mounts; those of ancestors are asked as a daemon does it.
    """
    if where.bpffs in mounts(where.mountinfo, "bpf"):
        return where.bpffs
    found = find(where.mountinfo, where.proc, "bpf")
    return found[0] if found else None


def find_cgroup(where: Surroundings) -> Path | None:
    """The root of cgroup v2, or None.

    Args:
        where: the mounts; those of ancestors are asked as a daemon does it.
    """
    try:
        return find_root(where.mountinfo, where.proc)
    except UnsupportedError:
        return None
