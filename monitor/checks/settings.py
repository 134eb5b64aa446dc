"""Which configuration is in force, and whether it can be used."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.checks.findings import Finding, Level

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.checks.remedies import Remedies


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What there is.

    Attributes:
        file: the configuration in force; None without one.
        failure: why it cannot be used, as `config check` says it; empty when it can.
        is_writable: whether this user may edit it.
        plans: how many there are in it.
    """

    file: Path | None = None
    failure: str = ""
    is_writable: bool = False
    plans: int = 0


def judge(settings: Settings, remedies: Remedies) -> Iterator[Finding]:
    """What follows from it.

    Args:
        settings: the facts.
        remedies: how commands are spelt.
    """
    if settings.failure:
        edit = _edit(settings) if settings.file else ""
        yield Finding("config", Level.ERROR, settings.failure, edit)
        return
    text = "There is no configuration file: all defaults."
    if settings.file is not None:
        text = f"The configuration is {settings.file}."
    yield Finding("config", Level.OK, text)
    if settings.plans:
        plural = "" if settings.plans == 1 else "s"
        yield Finding("plans", Level.OK, f"{settings.plans} plan{plural}.")
    else:
        text = "There is no plan: esimmon counts, but warns of no limit."
        yield Finding("plans", Level.NOTE, text, remedies.call("setup"))


def _edit(settings: Settings) -> str:
    quoted = shlex.quote(str(settings.file))
    editor = '"${EDITOR:-vi}"' if settings.is_writable else "sudoedit"
    return f"{editor} {quoted}"
