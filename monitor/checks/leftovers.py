"""What daemons that are dead left behind, in the kernel and in folders.

Pins of a daemon that was killed are no garbage while its database is there: the kernel
counts on, and the next start takes that over without losing a byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.checks.findings import Finding, Level

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.checks.remedies import Remedies


_REMOVE: Final = "doctor --remove-orphans"
_MOST_NAMES: Final = 3


class Life(Enum):
    """Whether a daemon is behind something."""

    RUNS = "a daemon runs"
    ELSEWHERE = "a daemon runs, and counts with others"
    DEAD = "it is proved that none does"
    UNKNOWN = "neither can be proved"


@dataclass(frozen=True, slots=True)
class Pinned:
    """The folder of a store's pins on bpffs.

    Attributes:
        folder: named after the store.
        store: the database, or None where no known one has that name.
        has_store: whether that database exists.
        life: of its daemon.
    """

    folder: Path
    store: Path | None
    has_store: bool
    life: Life


class Left(NamedTuple):
    """A file or folder.

    Attributes:
        path: of it.
        is_mine: whether this user may remove it.
    """

    path: Path
    is_mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftovers:
    """What was found.

    Attributes:
        pins: all folders of pins, those of running daemons as well.
        are_pins_hidden: bpffs may not be listed by this user.
        sockets: on which nobody listens.
        statuses: status files whose daemon does not listen.
        cgroups: of `esimmon measure`, empty, whose process has ended.
    """

    pins: tuple[Pinned, ...] = ()
    are_pins_hidden: bool = False
    sockets: tuple[Left, ...] = ()
    statuses: tuple[Left, ...] = ()
    cgroups: tuple[Left, ...] = ()


def judge(leftovers: Leftovers, remedies: Remedies) -> Iterator[Finding]:
    """What follows from it.

    Args:
        leftovers: the facts.
        remedies: how commands are spelt.
    """
    if leftovers.are_pins_hidden:
        text = "Only root can see what killed daemons left in the kernel."
        look = remedies.call("doctor", root=True)
        yield Finding("orphan-pins", Level.NOTE, text, look)
    findings = [_pins(pinned, remedies) for pinned in leftovers.pins]
    for finding_id, kind, what in (
        ("orphan-socket", leftovers.sockets, "nobody listens there"),
        ("orphan-status", leftovers.statuses, "the daemon that kept it is dead"),
        ("orphan-cgroup", leftovers.cgroups, "the measurement it was for is over"),
    ):
        if kind:
            names = ", ".join(str(left.path) for left in kind[:_MOST_NAMES])
            more = f" and {len(kind) - _MOST_NAMES} more" * (len(kind) > _MOST_NAMES)
            root = not all(left.is_mine for left in kind)
            findings.append(
                Finding(
                    finding_id,
                    Level.NOTE,
                    f"Left behind: {names}{more}: {what}.",
                    remedies.call(_REMOVE, root=root),
                )
            )
    found = [finding for finding in findings if finding is not None]
    yield from found
    if not found and not leftovers.are_pins_hidden:
        yield Finding("orphans", Level.OK, "No dead daemon left anything behind.")


def _pins(pinned: Pinned, remedies: Remedies) -> Finding | None:
    remove = remedies.call(_REMOVE, root=True)
    if pinned.life is Life.RUNS:
        return None
    name = pinned.folder.name
    if pinned.life is Life.UNKNOWN:
        text = (
            f"The kernel counts for a database that is not known here ({name}); "
            "esimmon doctor --store FILE says more, if you know the file."
        )
        return Finding("orphan-pins", Level.NOTE, text)
    if pinned.life is Life.ELSEWHERE:
        text = (
            f"A run that was killed left counters in the kernel that nobody reads: the "
            f"daemon of {pinned.store} has its own. They cost time with each packet."
        )
        return Finding("orphan-pins", Level.WARN, text, remove)
    if pinned.store is not None and pinned.has_store:
        text = (
            f"The daemon of {pinned.store} was killed and the kernel counts on: the "
            f"next start takes that over without loss (or end it: {remove})."
        )
        start = remedies.run(pinned.store, root=True)
        return Finding("orphan-pins", Level.NOTE, text, start)
    what = f"{pinned.store}, which is gone"
    if pinned.store is None:
        what = f"a database that is not known here ({name})"
    text = f"The kernel counts in vain for {what}: its daemon is dead."
    return Finding("orphan-pins", Level.WARN, text, remove)
