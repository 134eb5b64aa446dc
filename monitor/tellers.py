"""What tells the alerts of a daemon, as store, configuration and desktop have it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from monitor import clock
from monitor.alerts import Newcomers, RateRule, Stays
from monitor.alerts.newcomers import DAY_NS, DAY_S
from monitor.notifiers.buttons import Buttons
from monitor.notifiers.courier import Courier, Patience
from monitor.notifiers.desktop import WAY, Desktop, has_desktop
from monitor.notifiers.rules import Wishes
from monitor.store import alerts as stored_alerts
from monitor.store import snoozes
from monitor.store.queries import recorded, spent
from monitor.telling import Telling
from monitor.usage import Interval

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.config import Config
    from monitor.store.engine import Store


def rate_rule(config: Config) -> RateRule:
    """How much a program may move in the background."""
    given = config.background
    return RateRule(given.rate_bytes, given.within_s, given.allow)


def wishes(config: Config) -> Wishes:
    """How a person wants to be told."""
    return Wishes(config.alerts.quiet, config.alerts.rules)


def make_telling(
    store: Store, config: Config, socket_path: Path, last_s: int | None
) -> Telling:
    """Go on from what the store knows was told.

    Args:
        store: the database.
        config: says how much a program may move in the background, what is not told at
            all, and what is told otherwise.
        socket_path: where clicks on this process's own desktop go.
        last_s: UTC second up to which the run before had counted; None at first.

    Raises:
        StoreError: the database cannot be read.
    """
    # By hand in a desktop session this process shows alerts itself.
    courier = buttons = None
    if has_desktop(os.environ):
        desktop = Patience(Desktop())
        courier, buttons = Courier(desktop, WAY), Buttons(socket_path, desktop)
    telling = Telling(stored_alerts.told(store), rate_rule(config), courier, buttons)
    telling.off, telling.wishes = config.alerts.off, wishes(config)
    telling.silent = snoozes.ends(store)
    telling.newcomers = _newcomers(store)
    if last_s is not None:
        telling.stays = Stays(_boottime_ns(last_s))
    return telling


def _newcomers(store: Store) -> Newcomers:
    """Which programs used metered data before, asked once."""
    reading = clock.read()
    now_s = reading.realtime_ns // clock.SECOND_NS
    whole = recorded(store) or Interval(now_s, now_s)
    yesterday_s = now_s - DAY_S
    newcomers = Newcomers(whole.from_s)
    before = spent(store, Interval(0, yesterday_s))
    newcomers.book(before, reading.boottime_ns - DAY_NS, lambda _: None)
    now = spent(store, Interval(yesterday_s, now_s + 1))
    newcomers.book(now, reading.boottime_ns, lambda _: None)
    return newcomers


def _boottime_ns(at_s: int) -> int:
    """CLOCK_BOOTTIME of a second that is over; negative before this boot."""
    reading = clock.read()
    ago_ns = reading.realtime_ns - at_s * clock.SECOND_NS
    return reading.boottime_ns - max(0, ago_ns)
