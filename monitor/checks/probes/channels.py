"""Channels of alerts: who is connected, what was told lately, where the relay sends."""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import TYPE_CHECKING, Final

from monitor import clock
from monitor.checks.channels import Channels, Listening
from monitor.checks.history import DAYS
from monitor.client.calling import request
from monitor.config import places
from monitor.daemon.tellers import wishes
from monitor.errors import ConfigError, StoreError
from monitor.notifiers import push
from monitor.notifiers.rules import DESKTOP, PUSH
from monitor.store import alerts
from monitor.store.engine import open_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from monitor.config import Config
    from monitor.store.alerts import AlertRow

_DAY_S: Final = 86_400
_MODULE: Final = "apprise"


def look(
    store: Path, sockets: Iterable[Path], config: Config, environ: Mapping[str, str]
) -> Channels:
    """Look at them; nothing is sent.

    Args:
        store: the database.
        sockets: where its daemon may answer.
        config: in force.
        environ: the environment.
    """
    rows, wanted = _lately(store), wishes(config)
    path = push.find_addresses(config.push.addresses, environ)
    systems = places.SYSTEM_ADDRESSES
    is_systems = path is None and os.access(systems, os.F_OK)
    return Channels(
        listening=_listening(sockets),
        for_desktops=[
            row
            for row in rows
            if DESKTOP in wanted.verdict(row.raised.key.kind).channels
        ],
        for_phones=rows,
        addresses=systems if is_systems else path,
        is_systems=is_systems or path == systems,
        flaw=_flaw(systems if is_systems else path),
        has_apprise=importlib.util.find_spec(_MODULE) is not None,
        installs_apprise=f"{sys.executable} -m pip install {_MODULE}",
    )


def _listening(sockets: Iterable[Path]) -> Listening | None:
    for socket in sockets:
        answer = request(socket, "alerts.listeners", {})
        if answer is not None:
            ways = [each["way"] for each in answer["listeners"]]
            relays = ways.count(PUSH)
            agents = ways.count("agent") + bool(answer["desktop"])
            return Listening(agents=agents, relays=relays)
    return None


def _lately(store: Path) -> Sequence[AlertRow]:
    """Alerts of the last days; none where the store cannot be read."""
    since_s = clock.now_s() - DAYS * _DAY_S
    try:
        with open_store(store, writable=False) as opened:
            rows = alerts.listed(opened)
    except StoreError:
        return ()
    return [row for row in rows if row.raised.at_s >= since_s]


def _flaw(path: Path | None) -> str:
    """Why the relay could not use its addresses; nothing of them is shown."""
    is_there = path is not None and os.access(path, os.F_OK)
    if path is None or (is_there and not os.access(path, os.R_OK)):
        return ""  # those of another user
    try:
        push.read_addresses(path)
    except ConfigError as error:
        return str(error)
    return ""
