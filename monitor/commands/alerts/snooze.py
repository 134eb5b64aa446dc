"""`esimmon alerts snooze [PLAN] KIND`."""

from __future__ import annotations

import os
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import click

from monitor import clock
from monitor.alerts.model import KINDS, OF_NO_PLAN, SNOOZABLE
from monitor.commands.handing import hand_over, write_here
from monitor.commands.options import with_setup
from monitor.commands.plan.desk import plans_for, show
from monitor.commands.plan.noting import Noting, Wanted, with_wanted
from monitor.commands.plan.values import moment_of
from monitor.errors import UsageError
from monitor.moments import Clocks
from monitor.plans.entries import Snooze
from monitor.plans.values import Name, Second
from monitor.store import snoozes
from monitor.store.engine import open_store
from monitor.units import parse_duration
from monitor.views.plan_verbs import snoozed
from monitor.zones import local_zone

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from click import Context, Parameter

    from monitor.commands.options import Setup

_DAY_S: Final = 86_400
_LONGEST_S: Final = 400 * _DAY_S
_PLAN_AND_KIND: Final = 2
_HOUR: Final = re.compile(r"[0-9]{1,2}:[0-9]{2}", re.ASCII)


def _complete(_: Context, __: Parameter, incomplete: str) -> list[str]:
    return [kind for kind in KINDS if kind.startswith(incomplete)]


@click.command("snooze")
@click.argument(
    "words", nargs=-1, required=True, metavar="[PLAN] KIND", shell_complete=_complete
)
@click.option(
    "--until",
    metavar="TIME",
    help='Until when: tomorrow, "3 h", 18:00, 2026-11-20, 2026-11-20T18:00; now, to '
    "hear of it again. Without: until the plan's cycle ends, or for a day where the "
    "kind is of no plan.",
)
@with_wanted
@with_setup
def command(
    setup: Setup, *, words: tuple[str, ...], until: str | None, wanted: Wanted
) -> None:
    """Be silent about one KIND of alert, of PLAN or whatever it is about.

    What would have been told counts as told, and `esimmon status` shows it. Kinds such
    as app.new and network.uncovered need no plan. Where there is one plan, it is meant.

    \b
    esimmon alerts snooze pk data.warning
    esimmon alerts snooze app.new --until tomorrow
    esimmon alerts snooze app.new --until now         # to hear of it again
    esimmon plan ledger undo ENTRY                    # the same, of a plan
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    *plans, kind = words
    if len(words) > _PLAN_AND_KIND or kind not in KINDS:
        raise UsageError(
            f'"{" ".join(words)}" is not [PLAN] KIND. Kinds are: {", ".join(KINDS)}.'
        )
    plan = plans[0] if plans else _plan_meant(setup, kind, is_given=until is not None)
    if plan is None:
        _snooze_anywhere(setup, kind, until, wanted)
        return
    if kind not in SNOOZABLE:
        raise UsageError(f"{kind} is of no plan: leave {plan} out.")
    noting = Noting(setup, plan, wanted)
    tz, now_s = noting.plan.tz, noting.clocks.now_s
    until_s = None if until is None else Second(_until(until, tz, now_s))
    noting.write(Snooze(**noting.stamp, alert=Name(kind), until=until_s), snoozed)


def _plan_meant(setup: Setup, kind: str, *, is_given: bool) -> str | None:
    """The plan that is meant where none is named; None for whatever it is about.

    Raises:
        UsageError: it could be one of several.
        StoreError: the store cannot be read.
    """
    if kind in OF_NO_PLAN:
        return None
    path, socket = setup.flushed()
    with open_store(path, writable=False) as store:
        plans = plans_for(setup, store, is_running=socket is not None)
    if len(plans) == 1:
        return str(plans[0].plan.id)
    if is_given:
        return None
    names = ", ".join(each.plan.id for each in plans) or "none"
    raise UsageError(
        f"of which plan? There are: {names}. Or say --until, for all of them."
    )


def _snooze_anywhere(
    setup: Setup, kind: str, until: str | None, wanted: Wanted
) -> None:
    if wanted.at is not None or wanted.entry_id is not None:
        raise UsageError("--at and --id go with a plan.")
    zone, now_s = local_zone(os.environ), clock.now_s()
    until_s = now_s + _DAY_S if until is None else _until(until, zone, now_s)
    is_over = until_s <= now_s
    if not wanted.dry_run:
        _write(setup, kind, 0 if is_over else until_s)
    moment = Clocks(zone, zone, now_s).moment(until_s)
    silent = f"Silent about {kind} until {moment}."
    show(f"{kind} is told again." if is_over else silent)
    if wanted.dry_run:
        show("Dry run: nothing noted.")


def _write(setup: Setup, kind: str, until_s: int) -> None:
    path, socket = setup.flushed()
    if socket is None:
        write_here(path, lambda store: snoozes.put(store, kind, until_s))
        return
    hand_over(
        socket,
        "alerts.silence",
        {"kind": kind, "until": until_s},
        "the daemon did not say whether it noted that. Repeat the command.",
    )


def _until(text: str, zone: ZoneInfo, now_s: int) -> int:
    """When silence ends.

    Args:
        text: what a person wrote.
        zone: whose days and hours are meant.
        now_s: UTC seconds.

    Raises:
        UsageError: not understood, over, or too far away.
    """
    word = text.strip().lower()
    if word == "now":
        return now_s
    at_s = _instant(word, zone, now_s)
    if at_s <= now_s:
        raise UsageError(f'--until "{text}" is over. To hear of it again: --until now.')
    if at_s - now_s > _LONGEST_S:
        raise UsageError(
            f'--until "{text}" is more than a year away. What you never want to hear '
            "of, the configuration switches off: [alerts] off."
        )
    return at_s


def _instant(word: str, zone: ZoneInfo, now_s: int) -> int:
    """What a person means; a time of today that is over is one of tomorrow.

    Raises:
        UsageError: not understood.
    """
    duration_s = parse_duration(word)
    if duration_s is not None:
        return now_s + duration_s
    tomorrow = datetime.fromtimestamp(now_s, zone).date() + timedelta(days=1)
    if word == "tomorrow":
        word = str(tomorrow)
    at_s = moment_of(word, "--until", zone, now_s)
    if at_s <= now_s and _HOUR.fullmatch(word):
        at_s = moment_of(f"{tomorrow}T{word.zfill(5)}", "--until", zone, now_s)
    return at_s
