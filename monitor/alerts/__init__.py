"""Which conditions hold; when a person is told, and when that may happen again.

Pure. `model` has the values, `holding` what holds for a plan, `judging` what of it is
told, `words` and `texts` how, `due` and `nearing` when to look next; `rates` is the
sliding window for programs, `background` whose bytes it is about; `of_networks` is all
that is told of networks, once a stay (`stays`); `newcomers` which programs are new
there, `unusual` which move more than by their `habits`, `of_programs` what both have in
common; `of_monitor` what is told of esimmon itself; `switches` leaves out what a person
does not want to hear of.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from monitor.alerts.background import is_background, movers
    from monitor.alerts.due import next_due
    from monitor.alerts.habits import Past, UnusualRule
    from monitor.alerts.holding import Watched, look_at
    from monitor.alerts.judging import RateRule, judge
    from monitor.alerts.model import (
        BACKGROUND_RATE,
        DATA_LIMIT,
        DATA_WARNING,
        Alert,
        Change,
        Cleared,
        Delivery,
        Key,
        Noted,
        Raised,
        Told,
    )
    from monitor.alerts.nearing import bytes_to_next
    from monitor.alerts.newcomers import Newcomers, judge_newcomers
    from monitor.alerts.of_monitor import Missed, Seen, Unwritten, judge_monitor
    from monitor.alerts.of_networks import Uplinks, Used, judge_networks, places
    from monitor.alerts.rates import Rate, Rates
    from monitor.alerts.stays import Stays
    from monitor.alerts.switches import hushed, loud, without
    from monitor.alerts.unusual import Unusual, judge_unusual

__all__ = [
    "BACKGROUND_RATE",
    "DATA_LIMIT",
    "DATA_WARNING",
    "Alert",
    "Change",
    "Cleared",
    "Delivery",
    "Key",
    "Missed",
    "Newcomers",
    "Noted",
    "Past",
    "Raised",
    "Rate",
    "RateRule",
    "Rates",
    "Seen",
    "Stays",
    "Told",
    "Unusual",
    "UnusualRule",
    "Unwritten",
    "Uplinks",
    "Used",
    "Watched",
    "bytes_to_next",
    "hushed",
    "is_background",
    "judge",
    "judge_monitor",
    "judge_networks",
    "judge_newcomers",
    "judge_unusual",
    "look_at",
    "loud",
    "movers",
    "next_due",
    "places",
    "without",
]

_MODULES: Final = {
    "background": "is_background movers",
    "due": "next_due",
    "habits": "Past UnusualRule",
    "holding": "Watched look_at",
    "judging": "RateRule judge",
    "model": (
        "BACKGROUND_RATE DATA_LIMIT DATA_WARNING Alert Change Cleared Delivery Key "
        "Noted Raised Told"
    ),
    "nearing": "bytes_to_next",
    "newcomers": "Newcomers judge_newcomers",
    "of_monitor": "Missed Seen Unwritten judge_monitor",
    "of_networks": "Uplinks Used judge_networks places",
    "rates": "Rate Rates",
    "stays": "Stays",
    "switches": "hushed loud without",
    "unusual": "Unusual judge_unusual",
}


def __getattr__(name: str) -> object:
    """Import a part when it is asked for (PEP 562).

    The configuration asks for the names of alerts alone, and every command for the
    configuration. Measured: a ninth of `esimmon report`.
    """
    for module, names in _MODULES.items():
        if name in names.split():
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
