"""What the tests of the judging share: remedies, and ways to read findings."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from monitor.checks.findings import IDS
from monitor.checks.remedies import Remedies

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.checks.findings import Finding

USER = Remedies(user="amina", installer="apt-get")
ROOT = Remedies(user="root", installer="dnf", is_root=True)
UTC = ZoneInfo("UTC")
NOW_S = 1_749_634_215  # 2025-06-11 09:30:15
DAY_S = 86_400


def levels(findings: Iterable[Finding]) -> dict[str, str]:
    """Id and level of what is not fine."""
    found = list(findings)
    assert {each.id for each in found} <= {*IDS}
    return {each.id: each.level.value for each in found if each.level != "ok"}


def only(findings: Iterable[Finding], finding_id: str) -> Finding:
    """The one finding with an id."""
    (found,) = (each for each in findings if each.id == finding_id)
    return found
