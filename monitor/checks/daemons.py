"""Who counts: daemons that answer, the system's service, its group."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from monitor import __version__, tiers
from monitor.checks.findings import Finding, Level
from monitor.daemon.control import GROUP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.checks.remedies import Remedies


@dataclass(frozen=True, slots=True)
class Daemon:
    """A daemon that answers on its socket.

    Attributes:
        pid: of its process.
        tier: how bytes find their program.
        version: of esimmon.
        store: the database it writes.
        is_service: whether it is that of the system's service.
        missing: capabilities that it lacks; none where that cannot be seen.
    """

    pid: int
    tier: str
    version: str
    store: str
    is_service: bool = False
    missing: tuple[str, ...] = ()


class Stranger(NamedTuple):
    """A daemon of another user, of which nothing is believed but what the kernel says.

    Attributes:
        pid: of the process that listens.
        socket: where.
    """

    pid: int
    socket: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The system's service.

    Attributes:
        unit: its unit file, or None.
        is_enabled: whether it starts with the machine.
        runs: whether its daemon answers on the system's socket.
        is_used: whether there is anything of the system's daemon: unit, socket, store.
        has_group: whether the group exists.
        is_member: whether this user is root or in the group.
        has_joined: whether this login has the group, too.
    """

    unit: Path | None = None
    is_enabled: bool = False
    runs: bool = False
    is_used: bool = False
    has_group: bool = False
    is_member: bool = False
    has_joined: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemons:
    """All that was found.

    Attributes:
        answering: those that count into the database in question.
        others: those that count into another.
        strangers: those of other users.
        silent: sockets where somebody listens and does not answer.
        service: the system's.
        attainable: the tier that a daemon of this user would have.
        store: the database that was asked for; None for the usual one.
    """

    answering: tuple[Daemon, ...] = ()
    others: tuple[Daemon, ...] = ()
    strangers: tuple[Stranger, ...] = ()
    silent: tuple[Path, ...] = ()
    service: Service = Service()
    attainable: str = tiers.INTERFACE
    store: Path | None = None

    @property
    def tier(self) -> str:
        """Of the running daemon, or what this user could have."""
        return self.answering[0].tier if self.answering else self.attainable


def judge(daemons: Daemons, remedies: Remedies) -> Iterator[Finding]:
    """What follows from it.

    Args:
        daemons: the facts.
        remedies: how commands are spelt.
    """
    yield _tier(daemons, remedies)
    yield from _running(daemons, remedies)
    yield from _service(daemons, remedies)
    yield from _group(daemons.service, remedies)


def _tier(daemons: Daemons, remedies: Remedies) -> Finding:
    if not daemons.answering:
        text = f"A daemon started now by this user would have the {_named(daemons)}."
        if daemons.tier == tiers.EBPF:
            return Finding("tier", Level.OK, text)
        # Where root cannot have better, the kernel's findings say why.
        remedy = "" if remedies.is_root else remedies.run(daemons.store, root=True)
        return Finding("tier", Level.WARN, text, remedy)
    daemon = daemons.answering[0]
    if daemon.tier == tiers.EBPF:
        text = f"The daemon has the {_named(daemons)}."
        return Finding("tier", Level.OK, text)
    text = f"The daemon has only the {_named(daemons)}"
    if daemon.missing:
        text += f"; it lacks {', '.join(daemon.missing)}"
    return Finding("tier", Level.WARN, f"{text}.", _anew(daemon, remedies))


def _anew(daemon: Daemon, remedies: Remedies) -> str:
    """Start a daemon again, as root if it is not the service."""
    if daemon.is_service:
        return remedies.service("restart")
    stop = remedies.as_root(f"kill -INT {daemon.pid}")
    return f"{stop} && {remedies.run(Path(daemon.store), root=True)}"


def _named(daemons: Daemons) -> str:
    gives = {
        tiers.EBPF: ": every IP packet by its program",
        "sockdiag": ": TCP by program, as far as a plain user can see it",
        tiers.INTERFACE: ": totals of interfaces, no programs",
    }
    return f"tier {daemons.tier}{gives.get(daemons.tier, '')}"


def _running(daemons: Daemons, remedies: Remedies) -> Iterator[Finding]:
    if not daemons.answering and not daemons.silent:
        yield Finding("daemon", Level.WARN, *_nobody(daemons, remedies))
    for socket in daemons.silent:
        yield Finding(
            "daemon-silent",
            Level.ERROR,
            f"A daemon listens at {socket} and does not answer: it hangs, or has only "
            "just been started.",
            remedies.service("restart") if daemons.service.unit else "",
        )
    for daemon in daemons.answering:
        text = f"Process {daemon.pid} counts into {daemon.store}."
        yield Finding("daemon", Level.OK, text)
        if daemon.version != __version__:
            yield _other_version(daemon, remedies)
    yield from _too_many(daemons, remedies)


def _too_many(daemons: Daemons, remedies: Remedies) -> Iterator[Finding]:
    everybody = [
        *((each.pid, f"into {each.store}") for each in daemons.answering),
        *((each.pid, f"into {each.store}") for each in daemons.others),
        *((each.pid, f"at {each.socket}") for each in daemons.strangers),
    ]
    if len(everybody) > 1:
        shown = ", ".join(f"{pid} {where}" for pid, where in everybody)
        yield Finding(
            "two-daemons",
            Level.WARN,
            f"{len(everybody)} daemons count on this machine (process {shown}): each "
            "warns by itself, and each costs.",
            remedies.as_root(f"kill -INT {everybody[-1][0]}"),
        )


def _nobody(daemons: Daemons, remedies: Remedies) -> tuple[str, str]:
    """That nobody counts here, and how somebody would."""
    text = "No daemon runs: nothing is counted now."
    if daemons.others:
        pid, where = daemons.others[0].pid, daemons.others[0].store
        text = f"No daemon counts into this database; process {pid} does into {where}."
    if daemons.service.unit is not None and daemons.store is None:
        return text, remedies.service("start")
    root = daemons.attainable != tiers.EBPF
    return text, remedies.run(daemons.store, root=root)


def _other_version(daemon: Daemon, remedies: Remedies) -> Finding:
    return Finding(
        "daemon-version",
        Level.WARN,
        f"Process {daemon.pid} is esimmon {daemon.version}, this command is "
        f"{__version__}: start the daemon anew.",
        _anew(daemon, remedies),
    )


def _service(daemons: Daemons, remedies: Remedies) -> Iterator[Finding]:
    service = daemons.service
    if service.unit is None:
        return
    if service.runs and service.is_enabled:
        yield Finding("service", Level.OK, "The service runs, and starts at each boot.")
    elif service.runs:
        text = "The service runs, but does not start with the machine."
        yield Finding("service", Level.NOTE, text, remedies.service("enable"))
    elif service.is_enabled:
        yield Finding(
            "service",
            Level.ERROR,
            f"The service is enabled ({service.unit}) and does not run; "
            "`journalctl -u esimmon` says why.",
            remedies.service("restart"),
        )
    else:
        text = f"The service is installed ({service.unit}), but not enabled."
        yield Finding("service", Level.WARN, text, remedies.service("enable --now"))


def _group(service: Service, remedies: Remedies) -> Iterator[Finding]:
    if not service.is_used:
        return
    if not service.has_group:
        text = f"There is no group {GROUP}: only root can read the system's figures."
        yield Finding(
            "group", Level.NOTE, text, remedies.as_root(f"groupadd --system {GROUP}")
        )
    elif not service.is_member:
        text = f"{remedies.user} is not in the group {GROUP}, which may read usage."
        add = remedies.as_root(f"usermod -aG {GROUP} {remedies.user}")
        yield Finding("group", Level.NOTE, text, add)
    elif not service.has_joined:
        text = f"{remedies.user} is in the group {GROUP} from the next login on."
        yield Finding("group", Level.NOTE, text, f"newgrp {GROUP}")
    else:
        yield Finding("group", Level.OK, f"The group {GROUP} may read usage.")
