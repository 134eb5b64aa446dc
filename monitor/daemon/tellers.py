"""What tells the alerts of a daemon, as store, configuration and desktop have it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from monitor import clock
from monitor.alerts import Newcomers, Past, RateRule, Rates, Stays, Unusual, UnusualRule
from monitor.alerts.habits import HOUR_S, PAST_S
from monitor.alerts.of_programs import DAY_S
from monitor.daemon.lately import PIECE_S, Lately, last_hour
from monitor.daemon.telling import Telling
from monitor.notifiers.buttons import Buttons
from monitor.notifiers.courier import Courier, Patience
from monitor.notifiers.desktop import WAY, Desktop, has_desktop
from monitor.notifiers.rules import Wishes
from monitor.store import alerts as stored_alerts
from monitor.store import snoozes
from monitor.store.habits import past, users
from monitor.store.queries import recorded, spent
from monitor.usage import Interval
from monitor.zones import local_zone

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


def unusual_rule(config: Config) -> UnusualRule:
    """When a program moves more than usual."""
    given = config.unusual
    return UnusualRule(given.floor_bytes, given.times, given.weeks)


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
    telling.unlogged = stored_alerts.unlogged(store)
    telling.off, telling.wishes = config.alerts.off, wishes(config)
    telling.silent = snoozes.ends(store)
    telling.newcomers = _newcomers(store)
    _remember_hour(telling, store, unusual_rule(config))
    if last_s is not None:
        telling.stays = Stays(_boottime_ns(last_s))
    return telling


def recall(telling: Telling, store: Store) -> None:
    """Have only what the store has, after names were taken out of it.

    Args:
        telling: of the daemon.
        store: the database.

    Raises:
        StoreError: the database cannot be read.
    """
    telling.told = stored_alerts.told(store)
    telling.newcomers = _newcomers(store)
    _remember_hour(telling, store, telling.unusual.rule)
    telling.rates = Rates(telling.rule.within_s, clock.read().boottime_ns)


def _newcomers(store: Store) -> Newcomers:
    """Which programs used metered data before, asked once."""
    reading = clock.read()
    now_s = reading.realtime_ns // clock.SECOND_NS
    whole = recorded(store) or Interval(now_s, now_s)
    yesterday_s = now_s - DAY_S
    newcomers = Newcomers(whole.from_s)
    newcomers.know(users(store, Interval(0, yesterday_s)))
    now = spent(store, Interval(yesterday_s, now_s + 1))
    newcomers.book(now, reading.boottime_ns, lambda _: None)
    return newcomers


def _remember_hour(telling: Telling, store: Store, rule: UnusualRule) -> None:
    """What programs moved within the last hour; their habits are learnt beside."""
    reading = clock.read()
    now_s = reading.realtime_ns // clock.SECOND_NS
    hour = last_hour(store, now_s, reading.boottime_ns)
    telling.lately = Lately(reading.boottime_ns)
    telling.lately.recall(hour)
    begun_ns = reading.boottime_ns - HOUR_S * clock.SECOND_NS
    telling.unusual = Unusual(rule, begun_ns)
    for rows, until_ns in hour:
        telling.unusual.book(rows, until_ns, PIECE_S, lambda _: None)


def learn(store: Store, unusual: Unusual) -> None:
    """Take in what programs usually move, in any thread: all, or the newest hours.

    Args:
        store: the database.
        unusual: what is to know.

    Raises:
        StoreError: the database cannot be read.
    """
    known, now_s = unusual.past, clock.now_s()
    least_bytes, since_s = unusual.rule.least_bytes, now_s - PAST_S
    if known.least_bytes != least_bytes:
        known = Past()
    # A day of them anew: what was counted late may have come in.
    seen_s = min(now_s, max(known.seen, default=since_s))
    newest_s = max(since_s, seen_s - DAY_S)
    found = past(store, newest_s, least_bytes)
    unusual.learn(known.then(found, since_s), local_zone(os.environ))


def _boottime_ns(at_s: int) -> int:
    """CLOCK_BOOTTIME of a second that is over; negative before this boot."""
    reading = clock.read()
    ago_ns = reading.realtime_ns - at_s * clock.SECOND_NS
    return reading.boottime_ns - max(0, ago_ns)
