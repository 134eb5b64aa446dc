"""`esimmon alerts list --follow`: each alert as it comes, and as it changes.

The daemon announces that something is new; the store says what. Who may not read the
store hears what the daemon tells everybody: what holds.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import click

from monitor import clock
from monitor.alerts import Alert, Key, Raised
from monitor.alerts.model import OF_NO_PLAN
from monitor.client.following import follow
from monitor.commands.alerts.silent import find_silences
from monitor.commands.notify import daemon_socket, log_to_terminal
from monitor.daemon.control import GROUP, request
from monitor.errors import StoreError
from monitor.notifiers.pending import PENDING
from monitor.store import alerts as stored
from monitor.store.alerts import AlertRow
from monitor.store.engine import open_store
from monitor.users import user_name
from monitor.views.alert_states import Silences
from monitor.views.alerts import alert_as_line, alert_facts
from monitor.views.periods import find_zone
from monitor.views.table import terminal_layout

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from monitor.commands.options import Setup
    from monitor.views.alert_states import Wanted

_LOOK_S: Final = 5.0
"""What became of telling is not announced: the store has it after a while."""
_FLUSH_S: Final = 5.0
_MOST_REMEMBERED: Final = 100
AS_LISTENER: Final = {"way": "list"}
"""What a daemon is told by who shows nobody anything."""

log = logging.getLogger("esimmon")


class _OutputError(Exception):
    """The output failed, which is no fault of the connection to the daemon."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


def follow_alerts(
    setup: Setup, wanted: Wanted, last: int | None, *, is_json: bool
) -> None:
    """Show alerts, and then what comes, until Ctrl-C.

    Args:
        setup: which store and daemon.
        wanted: which alerts; what changes is shown whatever it was before.
        last: how many at first; None for all.
        is_json: whether each is an object on a line.

    Raises:
        OSError: the output failed.
    """
    log_to_terminal()
    path, socket_path = _place(setup)
    watcher = _Watcher(setup, path, socket_path)
    screen = _Screen(watcher, wanted, is_json=is_json)
    try:
        screen.begin(last)
        follow(socket_path, PENDING, screen, params=AS_LISTENER)
    except KeyboardInterrupt:
        return  # the way to end it
    except _OutputError as failed:
        raise failed.error from failed


def _place(setup: Setup) -> tuple[Path, Path]:
    """The store that is meant, and where its daemon listens or will."""
    store, answering = setup.flushed()
    if answering is not None:
        return store, answering
    for each in setup.readable_stores():
        for path in setup.sockets(each):
            if path.is_socket():
                return each, path
    return store, daemon_socket(setup)


class _Watcher:
    """Shows what is new in a store, or in what a daemon says."""

    def __init__(self, setup: Setup, path: Path, socket_path: Path) -> None:
        """Watch a store, and the daemon that writes it."""
        self._setup = setup
        self._path, self._socket_path = path, socket_path
        self._content: Mapping[str, Any] | None = None
        self._said: list[AlertRow] = []
        self._is_news = True
        self._stamp: object = None
        self._refused = ""

    def take(self, content: Mapping[str, Any]) -> None:
        """Take what the daemon says that holds."""
        self._content, given = content, content.get("alerts")
        found = map(_row, given if isinstance(given, list) else [])
        rows = [row for row in found if row is not None]
        self._said = [*rows, *_over(self._said, rows)]
        self._is_news = True

    def news(self) -> tuple[list[AlertRow], Silences] | None:
        """All alerts that are known, if there may be anything new; else None."""
        stamp = _stamp(self._path)
        if not self._is_news and (self._refused or stamp == self._stamp):
            return None
        if self._is_news and not self._refused:
            # What the daemon has not written yet; it may refuse.
            request(self._socket_path, "flush", {}, _FLUSH_S)
            stamp = _stamp(self._path)
        self._stamp, self._is_news = stamp, False
        try:
            with open_store(self._path, writable=False) as store:
                rows = stored.listed(store)
                silences = find_silences(self._setup, store, rows, self._content)
        except StoreError as error:
            self._complain(error)
            return sorted(self._said, key=lambda row: row.raised.at_s), Silences()
        self._refused = ""
        return rows, silences

    def _complain(self, error: StoreError) -> None:
        """Say once why only a part is shown."""
        if not self._refused:
            remedy = str(error)
            if error.reason == "permission":
                add = f"sudo usermod -aG {GROUP} {user_name(os.geteuid())}"
                remedy = f"the list is for root and group {GROUP}: {add}"
            log.warning("only what holds and what comes is shown: %s", remedy)
        self._refused = str(error)


class _Screen:
    """Writes each alert that is new or has changed."""

    def __init__(self, watcher: _Watcher, wanted: Wanted, *, is_json: bool) -> None:
        """Show what a watcher finds, of what a person wants."""
        self._watcher = watcher
        self._wanted = wanted
        self._is_json = is_json
        self._zone = find_zone(None)
        self._known: dict[str, dict[str, object]] = {}

    def begin(self, last: int | None) -> None:
        """Show what is there."""
        rows, silences = self._watcher.news() or ([], Silences())
        for row in rows:
            self._known[row.raised.handle] = alert_facts(row, silences)
        self._write((self._wanted.of(rows))[-(last or 0) :], silences)

    def take(self, content: Mapping[str, Any]) -> None:
        """Take what the daemon says that holds."""
        self._watcher.take(content)

    def look(self, _: socket.socket) -> None:
        """Show what is new since the last look."""
        found = self._watcher.news()
        if found is None:
            return
        rows, silences = found
        changed = []
        for row in filter(self._wanted.is_about, rows):
            facts, handle = alert_facts(row, silences), row.raised.handle
            if self._known.get(handle) != facts:
                changed.append(row)
            self._known[handle] = facts
        self._write(changed, silences)

    def wait_s(self) -> float:
        """Until the next look."""
        return _LOOK_S

    def _write(self, rows: Sequence[AlertRow], silences: Silences) -> None:
        layout = terminal_layout(sys.stdout, os.environ)
        for row in rows:
            if self._is_json:
                text = json.dumps(alert_facts(row, silences))
            else:
                text = alert_as_line(row, silences, self._zone, layout)
            try:
                click.echo(text, file=sys.stdout)
            except OSError as error:
                raise _OutputError(error) from error


def _stamp(path: Path) -> tuple[int, ...]:
    """What changes when a store does."""
    found: tuple[int, ...] = ()
    for each in (path, path.with_name(f"{path.name}-wal")):
        with suppress(OSError):
            seen = each.stat()
            found += (seen.st_ino, seen.st_size, seen.st_mtime_ns)
    return found


def _row(given: object) -> AlertRow | None:
    """An alert as the daemon tells it to everybody; None for nonsense."""
    if not isinstance(given, dict):
        return None
    at_s, _, key_text = str(given.get("id")).partition("/")
    try:
        key, raised_s = Key.parse(key_text), int(at_s)
    except ValueError:
        return None
    title, body, network = (str(given.get(n, "")) for n in ("title", "body", "network"))
    plan = "" if key.kind in OF_NO_PLAN else key.plan
    alert = Alert(key, plan, "", network, key.step, title, body)
    return AlertRow(0, Raised(alert, raised_s), None, None, (), {})


def _over(before: Sequence[AlertRow], now: Sequence[AlertRow]) -> list[AlertRow]:
    """What the daemon told before and tells no more, unless a newer one replaced it."""
    told = {row.raised.handle for row in now}
    subjects = {row.raised.key.subject for row in now}
    now_s = clock.now_s()
    found = [
        row
        if row.cleared_s is not None or row.raised.key.subject in subjects
        else replace(row, cleared_s=now_s)
        for row in before
        if row.raised.handle not in told
    ]
    return found[-_MOST_REMEMBERED:]
