"""A finding: one thing that was looked at, and how it is."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Level(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    NOTE = "note"  # good to know
    WARN = "warn"  # counting works, but less than it could
    ERROR = "error"  # counting does not work, or loses


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes:
        id: stable, for scripts: what is about the same thing has the same id.
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
