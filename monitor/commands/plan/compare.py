"""`esimmon plan compare CATALOGUE`: which of several offers fits."""

from __future__ import annotations

import os
import re
import sys
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from monitor import clock
from monitor.commands.options import any_file, plan_ids, with_format, with_setup
from monitor.commands.plan.desk import plans_for, show
from monitor.commands.plan.recorded import MONTHS, Recorded, Wanted, recorded
from monitor.commands.progress import Progress
from monitor.config.catalogue import read_catalogue
from monitor.errors import StoreMissingError, UsageError
from monitor.plans.comparing import Comparison
from monitor.plans.loads import day_bytes, even_load
from monitor.plans.localtime import local_time
from monitor.plans.values import LARGEST_BYTES
from monitor.store.engine import open_store
from monitor.units import format_size, parse_size
from monitor.views.plan_compare import Compared, Tried, as_json, as_text
from monitor.views.table import terminal_layout
from monitor.zones import local_zone

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from monitor.commands.options import Setup
    from monitor.config.catalogue import Catalogue

_EXAMPLE: Final = "catalogue.example.toml"
_EVEN_MONTHS: Final = 12
_RATE = re.compile(r"(?P<size>[^/]+)/ ?(?P<unit>day|week|month|year)", re.ASCII)
_UNIT_DAYS: Final = {"day": 1, "week": 7, "month": None, "year": 365}


class Rate(NamedTuple):
    """Usage as a person says it.

    Attributes:
        size_bytes: in each unit.
        unit: day, week, month or year.
    """

    size_bytes: int
    unit: str


class _RateType(click.ParamType[Rate]):
    """A rate such as "6GB/month"."""

    name = "rate"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Rate:
        """Read it."""
        match = _RATE.fullmatch(str(value).strip().lower())
        size_bytes = parse_size(match["size"]) if match else None
        if match is None or not size_bytes or size_bytes > LARGEST_BYTES:
            self.fail(
                f'"{value}" is no usage; write it as 6GB/month, 2GB/week or 200MB/day.',
                param,
                ctx,
            )
        return Rate(size_bytes, match["unit"])


def _print_example(
    context: click.Context, parameter: click.Parameter, *values: bool
) -> None:
    del parameter
    if any(values):
        show(files(__package__).joinpath(_EXAMPLE).read_text("utf-8").rstrip("\n"))
        context.exit()


@click.command("compare")
@click.argument("catalogue", metavar="CATALOGUE", shell_complete=any_file)
@click.option(
    "--usage",
    "rate",
    type=_RateType(),
    metavar="RATE",
    help="An even usage such as 6GB/month or 200MB/day, instead of what was recorded.",
)
@click.option(
    "--months",
    type=click.IntRange(1, 24),
    metavar="N",
    help=f"Recorded usage of the last N months up to last midnight.  [default: "
    f"{MONTHS}, or what there is]",
)
@click.option(
    "--plan",
    metavar="NAME",
    shell_complete=plan_ids,
    help="Only what this plan of yours pays for.",
)
@click.option(
    "--interface",
    "interfaces",
    metavar="PATTERN",
    multiple=True,
    help='Only these, such as "wwan*" (repeatable). Default: what your plans pay for; '
    "without plans, all that is billed.",
)
@click.option(
    "--example",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_example,
    help="Show an example of a catalogue (no offer of any carrier), and do no more.",
)
@with_format("text", "json")
@with_setup
def command(  # noqa: PLR0913 - one argument an option
    setup: Setup,
    *,
    catalogue: str,
    rate: Rate | None,
    months: int | None,
    plan: str | None,
    interfaces: tuple[str, ...],
    output_format: str,
) -> None:
    """Say what the offers of CATALOGUE, a file, would have done to your usage.

    What was recorded is moved again under each offer: at its times, by its programs.
    An offer is bought on the first day and, whenever it has ended, again. One that is
    used up before leaves you without data until it ends, unless it is slow or billed
    from then on; what it would cost to buy it again at once is said below it.

    \b
    for 30 days   what it costs, with what is billed beyond it; of the purchase that
                  still runs on the last day, only the part of its time until then
    bought        how often
    without data  local days on which something was refused
    not used      of the bytes that were paid for and have ended

    The cheapest offer without a day without data comes first. Prices are those of the
    file: nothing is looked up.

    \b
    esimmon plan compare --example > offers.toml
    esimmon plan compare offers.toml
    esimmon plan compare offers.toml --months 3 --plan pk
    esimmon plan compare offers.toml --usage 6GB/month
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    zone, now_s = local_zone(os.environ), clock.now_s()
    offered = read_catalogue(Path(catalogue), zone)
    with closing(Progress()) as progress:
        if rate is None:
            wanted = Wanted(months or MONTHS, plan, interfaces, zone, now_s)
            progress.show("reading what was recorded")
            usage = _recorded(setup, offered, wanted)
        elif months or plan or interfaces:
            raise UsageError("--usage goes without --months, --plan and --interface.")
        else:
            usage = _even(rate, zone, now_s)
        tried = _tried(offered, usage, progress)
    said = f"{format_size(rate.size_bytes)}/{rate.unit}" if rate else ""
    compared = Compared(offered.currency, *usage, said, zone, tried)
    if output_format == "json":
        show(as_json(compared))
    else:
        show(as_text(compared, terminal_layout(sys.stdout, os.environ)))


def _recorded(setup: Setup, offered: Catalogue, wanted: Wanted) -> Recorded:
    path, socket = setup.flushed()
    offers = [each.plan for each in offered.offers]
    try:
        with open_store(path, writable=False) as store:
            plans = plans_for(setup, store, is_running=socket is not None)
            return recorded(store, plans, offers, wanted)
    except StoreMissingError as error:
        raise StoreMissingError(f"{error} Or: --usage 6GB/month") from error


def _even(rate: Rate, zone: ZoneInfo, now_s: int) -> Recorded:
    """A year of an even usage, from the first of this month on."""
    first = local_time(now_s, zone).date().replace(day=1)
    days = _UNIT_DAYS[rate.unit]
    load = even_load(rate.size_bytes, days, first, zone, _EVEN_MONTHS)
    return Recorded(load, (), day_bytes(load))


def _tried(
    offered: Catalogue, usage: Recorded, progress: Progress
) -> tuple[Tried, ...]:
    comparison, count = Comparison(usage.load), len(offered.offers)
    tried = []
    for number, each in enumerate(offered.offers):
        progress.show(f"{number} of {count} offers")
        tried.append(Tried(each, comparison.outcome(each.plan, each.price)))
    return tuple(tried)
