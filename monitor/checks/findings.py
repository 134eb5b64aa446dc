"""A finding: one thing that was looked at, and how it is."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


IDS: Final = (
    *("tier", "daemon", "daemon-silent", "daemon-version", "two-daemons"),
    *("service", "group", "config", "plans"),
    *("kernel", "lockdown", "capabilities", "libbpf", "btf", "cgroup", "bpffs"),
    *("programs", "interfaces", "inside", "default-route"),
    *("store", "store-integrity", "store-size", "disk-space", "damaged-copies"),
    *("last-flush", "backups", "clock", "clock-steps", "sleeps", "gap", "losses"),
    *("system-bus", "network-manager", "modem-manager", "logind"),
    *("modem", "modem-bytes"),
    *("session-bus", "notifications", "notify-send", "agents", "relay", "push"),
    *("orphan-pins", "orphan-socket", "orphan-status", "orphan-cgroup", "orphans"),
)
"""Every id there is. Scripts rely on them: one is added now and then, none changes."""


class Level(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    NOTE = "note"  # good to know
    WARN = "warn"  # counting works, but less than it could
    ERROR = "error"  # counting does not work, or loses


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes:
        id: one of `IDS`; several findings of one kind have the same.
        level: how much it matters.
        text: one sentence; may hold names from outside.
        remedy: the exact command that mends it, empty where there is none.
    """

    id: str
    level: Level
    text: str
    remedy: str = ""


def has_error(findings: Iterable[Finding]) -> bool:
    """Whether anything is an error, which is what the exit status tells."""
    return any(finding.level is Level.ERROR for finding in findings)
