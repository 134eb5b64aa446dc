"""`esimmon networks`: what is attached now, and what was lately; `name` is apart."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from monitor import clock
from monitor.accounts.paying import bindings_at
from monitor.commands.options import (
    config_option,
    find_setup,
    store_option,
    with_format,
)
from monitor.commands.plan.desk import plans_for
from monitor.errors import UsageError
from monitor.lazy import LazyGroup
from monitor.networks.facts import present
from monitor.plans.payers import payer
from monitor.store.engine import open_store
from monitor.views.networks import Asked, read_networks
from monitor.views.networks_as_data import networks_as_csv, networks_as_json
from monitor.views.networks_as_text import networks_as_text
from monitor.views.periods import find_zone, parse_period, parse_since
from monitor.views.table import terminal_layout

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from monitor.commands.options import Setup
    from monitor.views.networks import Overview

COMMANDS = {
    "name": ("monitor.commands.networks.name", "Call a network something."),
}
"""Name, module (its attribute `command` is the command) and help of each command."""

_LATELY = "30 days"


@click.group("networks", cls=LazyGroup, table=COMMANDS, invoke_without_command=True)
@click.option(
    "--since",
    metavar="X",
    help=f'Only what was seen since X, as "2h" or a date. Default: "{_LATELY}".',
)
@click.option("--all", "is_all", is_flag=True, help="All that were ever seen.")
@click.option(
    "--long", "is_long", is_flag=True, help="With keys, and all identifiers in full."
)
@click.option("--tz", metavar="ZONE", help="Days and times of this zone.")
@with_format("text", "json", "csv")
@config_option
@store_option
@click.pass_context
def command(  # noqa: PLR0913 - one argument an option
    context: click.Context,
    *,
    since: str | None,
    is_all: bool,
    is_long: bool,
    tz: str | None,
    output_format: str,
    config_option: str | None,
    store_option: str | None,
) -> None:
    """Show what is attached now and was lately: metered, roaming, paid by, today.

    \b
    esimmon networks
    esimmon networks --all --long             also with keys, ICCIDs and so on
    esimmon networks name wwan0 "Airalo"
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    if context.invoked_subcommand is not None:
        _insist_on_order(context)
        return
    if is_all and since is not None:
        raise UsageError("--all and --since exclude each other: give one of them.")
    zone = find_zone(tz)
    since_s = 0 if is_all else parse_since(since or _LATELY, clock.now_s(), zone).from_s
    overview = _overview(find_setup(config_option, store_option), since_s, zone)
    if output_format == "json":
        text = networks_as_json(overview)
    elif output_format == "csv":
        text = networks_as_csv(overview)
    else:
        layout = terminal_layout(sys.stdout, os.environ)
        text = networks_as_text(overview, layout, is_long=is_long)
    # Named, because click takes ASCII for a mistake and writes UTF-8 instead.
    click.echo(text, file=sys.stdout)


def _insist_on_order(context: click.Context) -> None:
    """Refuse options that stand where they would mean nothing.

    Raises:
        UsageError: they belong to the end.
    """
    for name in context.params:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise UsageError(
                f"options of `{context.invoked_subcommand}` are written behind it: "
                f"esimmon networks {context.invoked_subcommand} --help"
            )


def _overview(setup: Setup, since_s: int, zone: ZoneInfo) -> Overview:
    path, socket = setup.flushed()
    document = setup.last_word(path)
    now_s = clock.now_s()
    with open_store(path, writable=False) as store:
        is_running = socket is not None or document is not None
        plans = plans_for(setup, store, is_running=is_running)
        asked = Asked(
            since_s=since_s,
            today=parse_period("today", now_s, zone),
            zone=zone,
            present=present(document) if document else None,
            plan_of=partial(payer, bindings_at(store, plans, now_s), at_s=now_s),
            has_plans=bool(plans),
        )
        return read_networks(store, asked)
