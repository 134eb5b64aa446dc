"""`esimmon report`: which program, process, user or hour moved which bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from monitor import clock
from monitor.commands.asked import REMOTE, Asked, Subject
from monitor.commands.options import with_format, with_setup
from monitor.commands.written import output_option, write
from monitor.errors import UsageError
from monitor.plans.payers import Paying
from monitor.store import queries
from monitor.store.engine import open_store
from monitor.usage import Interval
from monitor.views.before import period_before
from monitor.views.networks import keys_of
from monitor.views.periods import RUN, find_zone, parse_period, parse_since
from monitor.views.question import PAID, SUBJECTS, Question

if TYPE_CHECKING:
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from monitor.commands.asking import Plans
    from monitor.commands.options import Setup
    from monitor.store.engine import Store

_PERIOD = "today"
_SEVEN_DAYS = "7 days"  # that reaches over all networks that may be remembered


class Time(NamedTuple):
    """When is meant.

    Attributes:
        period: half-open.
        whole: of a part of a cycle, all of it.
    """

    period: Interval
    whole: Interval | None = None


@click.command("report")
@click.option(
    "--by",
    type=Subject((*SUBJECTS, REMOTE)),
    default=SUBJECTS[0],
    metavar="WHAT",
    help=f"What the rows are about: {', '.join(SUBJECTS)}; or {REMOTE}, the networks "
    f"that programs talked to lately. Default: {SUBJECTS[0]}.",
)
@click.option(
    "--period",
    metavar="PERIOD",
    help="today (default), yesterday, week, month, year, cycle (of the plan), "
    "last-night (22:00-06:00), run (the daemon's last), YYYY, YYYY-MM, YYYY-MM-DD or "
    "A..B.",
)
@click.option("--month", "period", metavar="YYYY-MM", help="Short for --period.")
@click.option(
    "--last-night",
    "period",
    flag_value="last-night",
    help="Short for --period last-night.",
)
@click.option(
    "--since",
    metavar="X",
    help='From X up to now: a time such as "2h", a date, or "cycle".',
)
@click.option(
    "--app",
    "applications",
    metavar="PATTERN",
    multiple=True,
    help='Only programs with such a name, as "fire*" (repeatable).',
)
@click.option(
    "--background",
    is_flag=True,
    help="Only what programs moved with nobody in front of them. By process: those "
    "of programs that did so all of an hour; of others it is not known which.",
)
@click.option("--plan", "plan_id", metavar="NAME", help="Only what this plan pays for.")
@click.option(
    "--interface",
    "interfaces",
    metavar="PATTERN",
    multiple=True,
    help='Only these, such as "wwan*" (repeatable). Default: all that are billed.',
)
@click.option(
    "--network",
    "networks",
    metavar="NETWORK",
    multiple=True,
    help="Only this one, by any of its names (see esimmon networks; repeatable).",
)
@click.option("--metered", is_flag=True, help="Only networks that cost.")
@click.option(
    "--top",
    type=click.IntRange(min=1),
    metavar="N",
    help="Keep the N largest, fold the others into one row.",
)
@click.option(
    "--compare", is_flag=True, help="Each row with the same of the period before."
)
@click.option("--tz", metavar="ZONE", help="Days and times of this zone.")
@output_option
@with_format("text", "json", "csv", "html", "png")
@with_setup
def command(
    setup: Setup,
    *,
    output_format: str,
    output: Path | None,
    **options: Any,  # noqa: ANN401 - those of `Asked`
) -> None:
    """Show who moved which bytes; the rows add up to the interface's counter.

    By remote they are networks, /24 of IPv4 and /48 of IPv6, and no part of any sum:
    a memory of some hours, off unless [remotes] of the configuration turns it on.
    They have no names, since asking for those would leave this machine.

    As csv by day and the like each row also has host, plan (who paid), start_utc,
    zero_rated_bytes and uncovered_bytes (what the plan did not count, as it judges
    now) and coverage_pct: tables of several machines add up.

    \b
    esimmon report                                   today, by application
    esimmon report --last-night --by process
    esimmon report --since 2h --top 5
    esimmon report --period week --compare           beside the week before
    esimmon report --period cycle --by plan
    esimmon report --by day --top 10 --period 2025   the ten busiest days
    esimmon report --by hour --app "fire*" --background
    esimmon report --month 2025-05 --by day --tz Asia/Kathmandu --csv
    esimmon report --period month --format html --output month.html
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    asked = Asked(**options)
    asked.insist()
    zone = find_zone(asked.tz)
    # Before anything is opened, so that a misspelt period is said first.
    period = None if asked.is_cycle else _chosen(asked, zone)
    target = write(output_format, output)
    path, socket = setup.flushed()
    is_accounted = output_format == "csv" and asked.is_accounted
    if socket is None and asked.wants_plans:
        _plans_module().insist_on_plans(
            setup, asked.plan_id, path, is_cycle=asked.is_cycle
        )
    with open_store(path, writable=False) as store:
        plans = None
        if asked.wants_plans or is_accounted:
            is_running = socket is not None
            plans = _plans_module().Plans(setup, store, is_running=is_running)
            asked_plan = plans.named(asked.plan_id)
            if asked.is_cycle and not asked.tz:
                zone = plans.zone(asked_plan)
        time = _time(asked, period, plans, store)
        question = _question(asked, store, time, zone, plans)
        if plans is not None and is_accounted:
            question = replace(question, asides=plans.asides())
        target.show(store, question)


def _plans_module() -> Any:  # noqa: ANN401 - a module
    """Plans take a quarter of the time of a report that needs none."""
    from monitor.commands import asking  # noqa: PLC0415 - see above

    return asking


def _chosen(asked: Asked, zone: ZoneInfo) -> Interval | None:
    """The period; None for the daemon's last run, which only the store knows."""
    now_s, since = clock.now_s(), asked.since
    if asked.by == REMOTE and asked.period is None:
        since = since or _SEVEN_DAYS
    if since is not None:
        return parse_since(since, now_s, zone)
    period = asked.period or _PERIOD
    return None if period == RUN else parse_period(period, now_s, zone)


def _time(
    asked: Asked, period: Interval | None, plans: Plans | None, store: Store
) -> Time:
    if plans is not None and asked.is_cycle:
        return Time(*plans.cycle(asked.plan_id, until_now=asked.since is not None))
    return Time(period or _last_run(store))


def _last_run(store: Store) -> Interval:
    """The last run of the daemon, up to the last second it counted.

    Raises:
        UsageError: there was none.
    """
    run = queries.last_run(store)
    if run is None:
        raise UsageError("no run is recorded yet. Start counting with: esimmon run")
    # An instant in the last second belongs to what starts there.
    return Interval(run.from_s, run.to_s + 1)


def _counted_s(store: Store) -> int:
    """Until when there is something to compare: now, or when the daemon stopped."""
    run, now_s = queries.last_run(store), clock.now_s()
    return now_s if run is None else min(now_s, run.to_s)


def _question(
    asked: Asked, store: Store, time: Time, zone: ZoneInfo, plans: Plans | None
) -> Question:
    by_validity, counted_s = asked.by in PAID, _counted_s(store)
    return Question(
        period=time.period,
        zone=zone,
        by=asked.by,
        interfaces=asked.interfaces,
        networks=keys_of(store, asked.networks),
        metered=asked.metered,
        top=asked.top,
        paying=plans.paying(with_validities=by_validity) if plans else Paying(),
        members=plans.members() if plans and asked.by == "member" else {},
        plan=asked.plan_id,
        applications=asked.applications,
        background=asked.background,
        until_s=counted_s if clock.now_s() + 1 < time.period.to_s else None,
        before=period_before(time.period, counted_s, zone, time.whole),
        compare=asked.compare,
    )
