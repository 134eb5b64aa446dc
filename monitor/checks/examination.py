"""The whole examination: look at everything once, judge it topic by topic."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor import tiers
from monitor.checks import (
    channels,
    daemons,
    desktop,
    history,
    kernel,
    leftovers,
    modems,
    networks,
    settings,
    storage,
)
from monitor.checks.daemons import Daemons
from monitor.checks.probes import buses
from monitor.checks.probes import channels as look_at_channels
from monitor.checks.probes import daemons as look_for_daemons
from monitor.checks.probes import kernel as look_at_kernel
from monitor.checks.probes import leftovers as look_for_leftovers
from monitor.checks.probes import modems as look_at_modems
from monitor.checks.probes import networks as look_at_networks
from monitor.checks.probes import storage as look_at_storage
from monitor.collectors.bpf import Surroundings
from monitor.networks.attaching import InterfaceRules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from zoneinfo import ZoneInfo

    from monitor.checks.channels import Channels
    from monitor.checks.daemons import Daemon
    from monitor.checks.findings import Finding
    from monitor.checks.leftovers import Leftovers
    from monitor.checks.remedies import Remedies
    from monitor.checks.settings import Settings
    from monitor.config import Config

# What a user without the capabilities has; the best that this version knows.
_LESSER: Final = getattr(tiers, "SOCKDIAG", tiers.INTERFACE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is examined.

    Attributes:
        stores: databases that are meant, likeliest first; at least one.
        is_chosen: whether the person named the database.
        system_store: the database of the system's daemon.
        system_socket: its socket.
        sockets: where daemons of these databases may answer, likeliest first.
        others: where other daemons of this user, and the system's, may answer.
        strangers: where daemons of other users may listen.
        folders: of sockets and status files that are the user's or the system's.
        config: in force.
        settings: where that is from.
        environ: the environment.
        where: the kernel's files and the library.
        units: folders of unit files.
    """

    stores: tuple[Path, ...]
    is_chosen: bool
    system_store: Path
    system_socket: Path
    sockets: tuple[Path, ...]
    others: tuple[Path, ...]
    strangers: tuple[Path, ...]
    folders: tuple[Path, ...]
    config: Config
    settings: Settings
    environ: Mapping[str, str]
    where: Surroundings = field(default_factory=Surroundings)
    units: tuple[Path, ...] = look_for_daemons.UNITS


class Examined(NamedTuple):
    """What came of it.

    Attributes:
        findings: by topic.
        tier: how bytes find their program, or would.
    """

    findings: tuple[Finding, ...]
    tier: str


def examine(subject: Subject, zone: ZoneInfo, remedies: Remedies) -> Examined:
    """Look at everything, change nothing.

    Args:
        subject: what is examined.
        zone: in which times are shown.
        remedies: how commands are spelt.
    """
    machine = look_at_kernel.look(subject.where)
    running = _daemons(subject, tries_ebpf=machine.loads is not None)
    answering = running.answering
    store = Path(answering[0].store) if answering else subject.stores[0]
    held, past = look_at_storage.look(
        store,
        subject.config,
        is_usual=not subject.is_chosen,
        is_written=bool(answering),
    )
    served = any(daemon.tier == tiers.EBPF for daemon in answering)
    given = subject.config.interfaces
    rules = InterfaceRules(given.include, given.exclude, given.metered, given.unmetered)
    findings = (
        *daemons.judge(running, remedies),
        *settings.judge(subject.settings, remedies),
        *kernel.judge(machine, remedies, served=served),
        *networks.judge(look_at_networks.look(), rules),
        *storage.judge(held, remedies),
        *history.judge(past, zone, remedies),
        *modems.judge(look_at_modems.look(subject.environ, store)),
        *desktop.judge(buses.look(subject.environ), remedies),
        *channels.judge(_channels(subject, store), zone, remedies),
        *leftovers.judge(find_leftovers(subject, answering), remedies),
    )
    return Examined(findings, running.tier)


def _channels(subject: Subject, store: Path) -> Channels:
    return look_at_channels.look(
        store, subject.sockets, subject.config, subject.environ
    )


def find_leftovers(
    subject: Subject, answering: Iterable[Daemon] | None = None
) -> Leftovers:
    """Look for what dead daemons left.

    Args:
        subject: where.
        answering: daemons of these databases that answer; asked if not given.
    """
    if answering is None:
        answering, _ = look_for_daemons.ask(
            subject.sockets,
            subject.system_socket,
            subject.where.proc,
            timeout_s=look_for_daemons.OTHERS_S,
        )
    return look_for_leftovers.look(
        look_for_leftovers.Where(
            stores=(*subject.stores, subject.system_store),
            folders=subject.folders,
            bpffs=look_at_kernel.find_bpffs(subject.where),
            cgroup=look_at_kernel.find_cgroup(subject.where),
            libbpf=subject.where.libbpf,
            proc=subject.where.proc,
            answering=frozenset(daemon.pid for daemon in answering),
        )
    )


def _daemons(subject: Subject, *, tries_ebpf: bool) -> Daemons:
    system, proc = subject.system_socket, subject.where.proc
    found, silent = look_for_daemons.ask(subject.sockets, system, proc)
    # Of others only those that answer matter: there may be many, and they may start.
    others, _ = look_for_daemons.ask(
        (path for path in subject.others if path not in subject.sockets),
        system,
        proc,
        timeout_s=look_for_daemons.OTHERS_S,
    )
    found += others
    known = {daemon.pid for daemon in found}
    strangers = look_for_daemons.strangers(subject.strangers)
    meant = {Path(os.path.realpath(path)) for path in subject.stores}

    def is_meant(daemon: Daemon) -> bool:
        return Path(daemon.store).resolve() in meant

    return Daemons(
        answering=tuple(filter(is_meant, found)),
        others=tuple(daemon for daemon in found if not is_meant(daemon)),
        strangers=tuple(each for each in strangers if each.pid not in known),
        silent=tuple(silent),
        service=look_for_daemons.find_service(
            (subject.system_socket, subject.system_store),
            subject.units,
            runs=any(daemon.is_service for daemon in found),
        ),
        attainable=tiers.EBPF if tries_ebpf else _LESSER,
        store=subject.stores[0] if subject.is_chosen else None,
    )
