"""`esimmon report`: which program, process, user or hour moved which bytes."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from monitor import agreements, clock
from monitor.bookkeeping import open_book
from monitor.commands.options import with_format, with_setup
from monitor.commands.plan.desk import plans_for
from monitor.errors import UsageError
from monitor.moments import Clocks
from monitor.paying import bindings_at
from monitor.plans.payers import Paying
from monitor.store import queries
from monitor.store.engine import open_store
from monitor.usage import Interval
from monitor.views.as_csv import as_csv
from monitor.views.as_json import as_json
from monitor.views.networks import keys_of
from monitor.views.periods import CYCLE, RUN, find_zone, parse_period, parse_since
from monitor.views.question import NAMED, Question
from monitor.views.remotes import LONGEST, REMOTE, read_remotes
from monitor.views.report import SUBJECTS, read_report
from monitor.views.table import terminal_layout
from monitor.views.text import as_text
from monitor.zones import local_zone

if TYPE_CHECKING:
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from monitor.commands.options import Setup
    from monitor.plans.agreement import Agreement
    from monitor.plans.terms import Plan
    from monitor.store.engine import Store

_PERIOD = "today"
_NONE = "Make one with: esimmon setup"
_WITHOUT_CYCLE = ("pending", "lapsed", "expired")


@click.command("report")
@click.option(
    "--by",
    type=click.Choice((*SUBJECTS, REMOTE)),
    default=SUBJECTS[0],
    show_default=True,
    help="What the rows are about; remote: networks that programs talked to lately.",
)
@click.option(
    "--period",
    metavar="PERIOD",
    help="today (default), yesterday, week, month, cycle (of the plan), last-night "
    "(22:00-06:00), run (the daemon's last), YYYY, YYYY-MM, YYYY-MM-DD or A..B.",
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
    help='Only programs with such a name, as "fire*" (repeatable); by application, '
    "process or remote.",
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
@click.option(
    "--top",
    type=click.IntRange(min=1),
    metavar="N",
    help="Keep the N largest, fold the others into one row.",
)
@click.option("--tz", metavar="ZONE", help="Days and times of this zone.")
@with_format("text", "json", "csv")
@with_setup
def command(  # noqa: PLR0913 - one argument an option
    setup: Setup,
    *,
    by: str,
    period: str | None,
    since: str | None,
    applications: tuple[str, ...],
    plan_id: str | None,
    interfaces: tuple[str, ...],
    networks: tuple[str, ...],
    top: int | None,
    tz: str | None,
    output_format: str,
) -> None:
    """Show who moved which bytes; the rows add up to the interface's counter.

    By remote they are networks, /24 of IPv4 and /48 of IPv6, and no part of any sum:
    a memory of some hours, off unless [remotes] of the configuration turns it on.
    They have no names, since asking for those would leave this machine.

    \b
    esimmon report                                   today, by application
    esimmon report --period last-night --by process
    esimmon report --since 2h --top 5
    esimmon report --period cycle --by plan
    esimmon report --by remote --app "fire*"
    esimmon report --period 2025-05 --by day --tz Asia/Kathmandu --csv
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    if period is not None and since is not None:
        raise UsageError("--period and --since exclude each other: give one of them.")
    _insist_on_subject(
        by, named=bool(applications), placed=bool(plan_id or interfaces or networks)
    )
    if by == REMOTE and period is None:
        since = since or LONGEST
    zone = find_zone(tz)
    is_cycle = CYCLE in (period, since)
    # Before anything is opened, so that a misspelt period is said first.
    chosen = None if is_cycle else _chosen(period or _PERIOD, since, zone)
    path, socket = setup.flushed()
    if socket is None:
        _insist_on_plans(setup, plan_id, path, is_cycle=is_cycle)
    with open_store(path, writable=False) as store:
        plans = plans_for(setup, store, is_running=socket is not None)
        plan = None if plan_id is None else _named(plans, plan_id)
        if is_cycle:
            of_cycle = plan or _only(plans)
            zone = zone if tz else of_cycle.plan.tz
            chosen = _cycle(store, plans, of_cycle.plan, until_now=since is not None)
        question = Question(
            period=chosen or _last_run(store),
            zone=zone,
            by=by,
            interfaces=interfaces,
            networks=keys_of(store, networks),
            top=top,
            paying=_paying(store, plans, with_validities=by == "plan"),
            plan=plan.plan.id if plan else None,
            applications=applications,
        )
        text = _written(store, question, output_format)
    # Named, because click takes ASCII for a mistake and writes UTF-8 instead.
    click.echo(text, file=sys.stdout)


def _insist_on_subject(by: str, *, named: bool, placed: bool) -> None:
    """Refuse a filter that means nothing for these rows.

    Args:
        by: what the rows are about.
        named: whether only some applications are meant.
        placed: whether only some interfaces, networks or a plan are.

    Raises:
        UsageError: it does.
    """
    if by == REMOTE and placed:
        raise UsageError(f"--by {REMOTE} is over all interfaces, networks and plans.")
    if named and by not in (*NAMED, REMOTE):
        raise UsageError(f"--app goes with --by {', '.join(NAMED)} and {REMOTE} only.")


def _chosen(period: str, since: str | None, zone: ZoneInfo) -> Interval | None:
    """The period; None for the daemon's last run, which only the store knows."""
    now_s = clock.now_s()
    if since is not None:
        return parse_since(since, now_s, zone)
    return None if period == RUN else parse_period(period, now_s, zone)


def _is_missing(store: Path) -> bool:
    try:
        store.stat()
    except OSError as error:  # another reason is said when it is opened
        return isinstance(error, FileNotFoundError)
    return False


def _insist_on_plans(
    setup: Setup, plan_id: str | None, store: Path, *, is_cycle: bool
) -> None:
    """Say what is wrong with a plan in question before a database is looked for.

    Raises:
        UsageError: there is no such plan.
    """
    plans = agreements.configured(setup.config, local_zone(os.environ))
    if not plans and not _is_missing(store):
        return  # what a daemon kept may know it
    if plan_id is not None:
        _named(plans, plan_id)
    elif is_cycle:
        _only(plans)


def _named(plans: tuple[Agreement, ...], plan_id: str) -> Agreement:
    """The plan of a name.

    Raises:
        UsageError: there is none.
    """
    for each in plans:
        if each.plan.id == plan_id:
            return each
    names = ", ".join(each.plan.id for each in plans)
    raise UsageError(
        f'no plan "{plan_id}". {f"There are: {names}." if names else _NONE}'
    )


def _only(plans: tuple[Agreement, ...]) -> Agreement:
    """The plan that is meant where none is named.

    Raises:
        UsageError: there is none, or more than one.
    """
    if not plans:
        raise UsageError(f'no plan yet, so there is no "cycle". {_NONE}')
    if len(plans) > 1:
        names = ", ".join(each.plan.id for each in plans)
        raise UsageError(f"which plan's cycle? Name it: --plan with one of {names}.")
    return plans[0]


def _cycle(
    store: Store, plans: tuple[Agreement, ...], plan: Plan, *, until_now: bool
) -> Interval:
    """The cycle of a plan that runs now; all its time where a cycle has no ends.

    Raises:
        UsageError: the plan has not begun, or is over.
    """
    now_s = clock.now_s()
    found = open_book(store, plans, plan.id, now_s).now
    if found.state not in _WITHOUT_CYCLE:
        end_s = found.cycle_end
        is_open = until_now or end_s is None
        return Interval(found.cycle_start or 0, now_s + 1 if is_open else end_s or 0)
    begins_s = plan.validity.start
    when = ""
    if found.state == "pending" and begins_s is not None:
        clocks = Clocks(plan.tz, local_zone(os.environ), now_s)
        when = f" until {clocks.moment(begins_s)}"
    raise UsageError(
        f"the plan {plan.id} has no cycle now: it is {found.state}{when}. Name a "
        "period by date, such as --period month."
    )


def _paying(
    store: Store, plans: tuple[Agreement, ...], *, with_validities: bool
) -> Paying:
    """Which plan pays for what; with the times in which plans are valid if wanted."""
    validities: dict[str, tuple[Interval, ...]] = {}
    now_s = clock.now_s()
    for each in plans if with_validities else ():
        account = open_book(store, plans, each.plan.id, now_s).account_now
        validities[each.plan.id] = account.books.validities
    return Paying(bindings_at(store, plans, now_s), validities)


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


def _written(store: Store, question: Question, output_format: str) -> str:
    layout = terminal_layout(sys.stdout, os.environ)
    if question.by == REMOTE:
        now_s = clock.now_s()
        return read_remotes(store, question, now_s).written(output_format, layout)
    report = read_report(store, question)
    if output_format == "json":
        return as_json(report)
    return as_csv(report) if output_format == "csv" else as_text(report, layout)
