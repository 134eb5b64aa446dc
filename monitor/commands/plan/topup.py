"""`esimmon plan topup PLAN SIZE`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from monitor.commands.plan.noting import with_entry
from monitor.commands.plan.values import COUNTRY, NAMED, SIZE, Daytime, moment_of
from monitor.errors import UsageError
from monitor.plans.entries import LotValidity, Topup
from monitor.plans.offers import Scope
from monitor.plans.timing import Window
from monitor.plans.values import Pattern
from monitor.views.plan_verbs import topped_up

if TYPE_CHECKING:
    from monitor.commands.plan.noting import Noting
    from monitor.plans.values import Bytes

_LONGEST_DAYS = 3660
_LONGEST_HOURS = 87_840


@click.command("topup")
@with_entry
@click.argument("size", type=SIZE)
@click.option(
    "--days",
    type=click.IntRange(1, _LONGEST_DAYS),
    help="It lasts for so many days of 24 hours.",
)
@click.option(
    "--hours", type=click.IntRange(1, _LONGEST_HOURS), help="Or hours, or both."
)
@click.option(
    "--calendar", is_flag=True, help="--days are local days, and today is the first."
)
@click.option("--until", metavar="TIME", help="It lasts until then.")
@click.option("--never", is_flag=True, help="It never ends.")
@click.option(
    "--on-depletion", is_flag=True, help="It waits until the rest is used up."
)
@click.option("--promo", is_flag=True, help="It is a bonus, and used up first.")
@click.option(
    "--priority",
    type=click.IntRange(-(10**6), 10**6),
    default=100,
    show_default=True,
    help="The smaller is used up first.",
)
@click.option(
    "--app", "apps", multiple=True, metavar="PATTERN", help="Only for this application."
)
@click.option(
    "--country", "countries", type=COUNTRY, multiple=True, help="Only in this country."
)
@click.option(
    "--window", "windows", type=Daytime(), multiple=True, help="Only then: 22:00-06:00."
)
@click.option(
    "--member", "members", type=NAMED, multiple=True, help="Only for this member."
)
@click.option(
    "--tethered/--not-tethered",
    default=None,
    help="Only for machines behind this one, or not for them.",
)
def command(noting: Noting, *, size: Bytes, **options: Any) -> None:  # noqa: ANN401 - what click parsed
    """Note that SIZE more was bought for PLAN; without options until its cycle ends.

    \b
    esimmon plan topup pk 1GB
    esimmon plan topup pk 2GB --days 30
    esimmon plan topup pk 500MB --promo --window 22:00-06:00
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    entry = Topup(
        **noting.stamp,
        bytes=size,
        validity=_validity(noting, options),
        lot_class="promo" if options["promo"] else "topup",
        scope=_scope(options),
        priority=options["priority"],
        starts="on_depletion" if options["on_depletion"] else "now",
    )
    noting.write(entry, topped_up)


def _validity(noting: Noting, options: dict[str, Any]) -> LotValidity:
    days, hours, until = options["days"], options["hours"], options["until"]
    chosen = [bool(days or hours), until is not None, options["never"]]
    if sum(chosen) > 1:
        raise UsageError("--days and --hours, --until, --never: give one of these.")
    if options["calendar"] and (not days or hours):
        raise UsageError("--calendar is for --days alone.")
    if days or hours:
        return LotValidity("own", days or 0, hours or 0, options["calendar"])
    if until is not None:
        end = moment_of(until, "--until", noting.plan.tz, noting.clocks.now_s)
        began_s = noting.stamp["as_of"] or noting.stamp["ts"]
        if end <= began_s:
            raise UsageError(f'--until "{until}" is not after its beginning.')
        return LotValidity("until", at=end)
    return LotValidity("never" if options["never"] else "with_base")


def _scope(options: dict[str, Any]) -> Scope:
    codes = [code for country in options["countries"] for code in country]
    return Scope(
        windows=tuple(Window(*ends) for ends in options["windows"]) or None,
        apps=tuple(map(Pattern, options["apps"])) or None,
        zones=tuple(dict.fromkeys(codes)) or None,
        tethered=options["tethered"],
        members=options["members"] or None,
    )
