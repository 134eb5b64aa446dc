"""On what figures were measured: a number without its machine says nothing."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

from tests.benchmarks.monitors import nethogs_version
from tests.benchmarks.vnstat import vnstat_version


def machine() -> str:
    """Processor, kernel, Python, and who else is busy."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} x {models[0] if models else platform.machine()}, Linux "
        f"{platform.release()}, Python {platform.python_version()}; load before: "
        f"{load:.1f}"
    )


def peers() -> str:
    """Their versions, or why they cannot run."""
    versions = []
    if shutil.which("vnstat"):
        versions.append(vnstat_version())
    if shutil.which("nethogs"):
        versions.append(f"NetHogs {nethogs_version().removeprefix('version ')}")
    if not Path("/sys/kernel/tracing/kprobe_events").exists():
        versions.append("picosnitch cannot run: no kprobes in this kernel")
    elif shutil.which("picosnitch") is None:
        versions.append("picosnitch is not installed")
    else:
        versions.append("picosnitch is there, but only its scenarios are played")
    return "; ".join(versions)
