"""Cases to answers as JSON has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import structs

from monitor.errors import PlanError
from monitor.plans import iccid, machine, periods
from monitor.plans.account import open_account, replay
from monitor.plans.activation import activation
from monitor.plans.asks import (
    AskAlerts,
    AskBoundaries,
    AskClock,
    AskCounters,
    AskCycle,
    AskDayUsage,
    AskDisplay,
    AskForecast,
    AskIccid,
    AskParseSize,
    AskStatus,
)
from monitor.plans.cases import case_of, scene_of
from monitor.plans.contract import Contract
from monitor.plans.forecast import forecast
from monitor.plans.localtime import NEVER
from monitor.plans.machine import instant
from monitor.plans.refusals import RefusedError
from monitor.plans.status import status
from monitor.plans.straddling import day_usage
from monitor.plans.values import Second

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from msgspec import Struct

    from monitor.plans.asks import Ask
    from monitor.plans.cases import Scene
    from monitor.plans.machine import Facts

_INSTANTS: Final = frozenset(
    {
        *("activate_by", "cycle_end", "cycle_start", "runs_out_at", "usable_again_at"),
        *("validity_end", "validity_start"),
    }
)


Told = Callable[["Scene", "AskAlerts"], Iterable[tuple[int, str, str]]]
"""Judges alerts: the tick, kind and detail of each that is told at the ticks asked.

Alerts are above plans, so who may import both gives it to `answer`.
"""


def answer(found: object, told: Told | None = None) -> Facts:
    """Answer one case.

    Args:
        found: the case as JSON gives it; its rows of usage are used up.
        told: see `Told`; without it alerts are not answered.

    Returns:
        The answer, for JSON.

    Raises:
        RefusedError: it cannot be answered: what is wrong, where, what is allowed.
    """
    case, ask = case_of(found)
    match ask:
        case AskParseSize():
            return machine.sizes(ask)
        case AskIccid():
            return _cards(ask)
        case AskCounters():
            return machine.counter_deltas(case)
        case AskClock():
            return machine.clock_places(case)
        case _:
            scene = scene_of(case, ask.plan)
    try:
        if isinstance(ask, AskAlerts) and told is not None:
            alerts = told(scene, ask)
            return {"alerts": [[instant(at_s), *words] for at_s, *words in alerts]}
        return _about_plan(scene, ask)
    except PlanError as error:
        raise RefusedError(f"config: {error}.") from error


def _about_plan(scene: Scene, ask: Ask) -> Facts:
    match ask:
        case AskStatus(at=at_s):
            return _status(scene, at_s)
        case AskForecast(at=at_s):
            return _facts(forecast(replay(*scene, at_s), at_s))
        case AskDisplay():
            return _display(scene, ask)
        case AskCycle(at=at_s):
            return _cycle(scene, at_s)
        case AskBoundaries():
            return _boundaries(scene, ask)
        case AskDayUsage():
            return _days(scene, ask)
        case _:
            raise RefusedError("ask.what = alerts: not answered by this version.")


def _status(scene: Scene, at_s: int) -> Facts:
    found = status(replay(*scene, at_s), at_s)
    history = [
        [instant(start_s), instant(end_s), used_bytes]
        for start_s, end_s, used_bytes in found.history
    ]
    return _facts(found) | {"history": history}


def _display(scene: Scene, ask: AskDisplay) -> Facts:
    end_s = status(replay(*scene, ask.at), ask.at).cycle_end
    return _status(scene, ask.at) | {
        "cycle_end_plan": _local(end_s, scene.plan.tz),
        "cycle_end_viewer": _local(end_s, ask.viewer_tz),
    }


def _cycle(scene: Scene, at_s: int) -> Facts:
    found = status(replay(*scene, at_s), at_s)
    start_s, end_s = found.cycle_start, found.cycle_end
    return {
        "cycle_start": instant(start_s),
        "cycle_end": instant(end_s),
        "length_s": None if start_s is None or end_s is None else end_s - start_s,
    }


def _boundaries(scene: Scene, ask: AskBoundaries) -> Facts:
    """Where cycles count from an activation, an entry of the ledger may say when."""
    plan = scene.plan
    ledger = Contract(plan, (), scene.entries, None, None).ledger
    known_s = activation(plan, ledger.entries).at_s
    if known_s != NEVER:
        plan = structs.replace(plan, activated_at=Second(known_s))
    marks = periods.boundaries(plan, ask.from_s, ask.n)
    return {"boundaries": [instant(mark) for mark in marks]}


def _days(scene: Scene, ask: AskDayUsage) -> Facts:
    account = open_account(scene.plan, scene.members, scene.entries, scene.bindings)
    spans = account.books.contract.belonging.spans
    usage = day_usage(scene.samples, ask.tz, ask.days, spans)
    return {"days": {day.isoformat(): used_bytes for day, used_bytes in usage.items()}}


def _facts(found: Struct) -> Facts:
    """The fields of an answer, instants as text."""
    return {
        name: instant(value) if name in _INSTANTS else value
        for name, value in msgspec.to_builtins(found).items()
    }


def _local(at_s: int | None, zone: ZoneInfo) -> str | None:
    """An instant as clocks show it, with their offset."""
    return None if at_s is None else datetime.fromtimestamp(at_s, zone).isoformat()


def _cards(ask: AskIccid) -> Facts:
    return {
        "normalized": [iccid.normalize(text) for text in ask.inputs],
        "luhn": [iccid.has_luhn(text) for text in ask.inputs],
        "same": [iccid.is_same(*pair) for pair in ask.pairs],
        "from_ef": [iccid.from_ef(text) for text in ask.raw],
    }
