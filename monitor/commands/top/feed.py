"""What the screen lives on: the store up to now, and each tick from then on."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from monitor import clock
from monitor.client import statusfile
from monitor.client.calling import call
from monitor.client.following import follow
from monitor.daemon.tickfacts import TICKS
from monitor.errors import StatusStaleError, UnsupportedError
from monitor.store.engine import open_store
from monitor.store.networks import met
from monitor.views.names import visible
from monitor.views.network_names import names_of
from monitor.views.periods import find_zone, parse_period
from monitor.views.plan_glance import in_one_line
from monitor.views.question import Question
from monitor.views.report import read_report
from monitor.views.scene import Scene, Who, reason_text
from monitor.views.titles import find_entries, titles_of

if TYPE_CHECKING:
    import socket as sockets
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from monitor.commands.options import Setup
    from monitor.views.rows import Row

_ANSWER_S: Final = 5.0


@dataclass(slots=True)
class Feed:
    """A daemon that is looked at.

    Attributes:
        socket: where it answers.
        scene: what it told so far.
    """

    socket: Path
    scene: Scene

    def follow(self, take: Callable[[Mapping[str, Any]], None], parent: int) -> None:
        """Hear of each tick, through restarts of the daemon, until `parent` ends.

        Args:
            take: gets what the daemon tells of a tick.
            parent: a pipe that ends when this shall.
        """
        follow(self.socket, TICKS, _Ticks(take), parent)

    def call_applications(self) -> None:
        """Find what people know new applications by."""
        asked = [
            _Application(who.application, who.kind)
            for who in self.scene.seen()
            if who.application and who.application not in self.scene.called
        ]
        titles = titles_of(find_entries(asked, os.environ))
        for each in asked:
            name = each.application
            self.scene.called[name] = titles.get(name, name)

    def plan_lines(self) -> list[str]:
        """How the plans in use stand, a line each; empty when nobody knows."""
        try:
            document = statusfile.read(statusfile.status_path(self.socket))
        except StatusStaleError:
            return []
        plans = [plan for plan in document["plans"] if plan["interfaces"]]
        age_s = statusfile.age_s(document)
        return [visible(in_one_line(plan, age_s)) for plan in plans]


@dataclass(frozen=True, slots=True)
class _Ticks:
    """Hands over what is announced."""

    take: Callable[[Mapping[str, Any]], None]

    def look(self, _: sockets.socket) -> None:
        """Nothing is due but what was taken."""

    def wait_s(self) -> None:
        """Nothing ever is."""


@dataclass(frozen=True, slots=True)
class _Application:
    """What a title is looked up by."""

    application: str
    app_kind: str


def open_feed(setup: Setup) -> Feed:
    """Find the daemon, and what it has of today.

    Args:
        setup: where it may be.

    Raises:
        EsimmonError: no daemon runs, or it does not let this user look.
    """
    path, socket = _daemon(setup)
    answer = call(socket, TICKS, {}, _ANSWER_S)
    if answer is None or answer.refusal:
        refusal = answer.refusal if answer else "it does not answer"
        raise UnsupportedError(
            f"{socket}: {refusal}.",
            remedy="Look with sudo, or as a member of the group.",
        )
    zone, now_s = find_zone(None), clock.now_s()
    today = parse_period("today", now_s, zone)
    with open_store(path, writable=False) as store:
        apps = read_report(store, Question(period=today, zone=zone))
        networks = names_of(met(store))
    scene = Scene(called=apps.titles | networks)
    scene.until_ns = clock.read().boottime_ns
    before: Counter[Who] = Counter()
    for row in apps.rows:
        before[_who(row)] += row.traffic.bytes
    scene.before = before
    return Feed(socket, scene)


def _daemon(setup: Setup) -> tuple[Path, Path]:
    """The store and the socket of a daemon that runs; its store is up to date."""
    path, socket = setup.flushed()
    if socket is not None:
        return path, socket
    # One that wrote nothing down does not let us look, and says so itself.
    for store in setup.readable_stores():
        for each in setup.sockets(store):
            if call(each, "status", {}, _ANSWER_S) is not None:
                return store, each
    raise UnsupportedError(
        "no daemon is running.", remedy="Start counting with: esimmon run"
    )


def _who(row: Row) -> Who:
    reason = "" if row.is_owned else reason_text(row.reason, row.via)
    return Who(row.application or "", "", reason, 0, "", *row.place)
