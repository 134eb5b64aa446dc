"""`esimmon pool init FOLDER --plan ID`: a new pool."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from monitor.commands.options import (
    any_file,
    config_option,
    plan_ids,
    store_option,
)
from monitor.commands.pool.settling import (
    device_options,
    find_place,
    keys_of,
    refuse_second,
    refuse_stranger,
    say,
    usable_device,
    usable_folder,
)
from monitor.config.contracts import plans_of
from monitor.config.plans import Match
from monitor.config.writing import plan_table, table_lines
from monitor.errors import UsageError
from monitor.pool.founding import found_pool
from monitor.zones import local_zone

if TYPE_CHECKING:
    from monitor.config.plans import PlanTable

_NAMELESS = "localtime"


@click.command("init")
@click.argument("folder", metavar="FOLDER", shell_complete=any_file)
@click.option(
    "--plan",
    "plans",
    metavar="ID",
    multiple=True,
    required=True,
    shell_complete=plan_ids,
    help="The plan that is shared (repeatable).",
)
@device_options
@config_option
@store_option
def command(  # noqa: PLR0913 - one argument an option
    *,
    folder: str,
    plans: tuple[str, ...],
    device: str | None,
    member: str | None,
    config_option: str | None,
    store_option: str | None,
) -> None:
    """Begin to share a plan: FOLDER is one that all devices sync.

    The plan is written there for the others, without the networks that it pays for on
    this device; [pool] is written into the configuration, and a running daemon takes
    it. From then on `esimmon relay` carries.

    \b
    esimmon pool init ~/Sync/family --plan family --member anna
    sudo esimmon pool init /srv/team --plan team --device laptop-7
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    place = find_place(config_option, store_option)
    refuse_second(place.setup)
    path, name = usable_folder(folder), usable_device(device)
    tables = {each.id: each for each in place.setup.config.plans}
    unknown = next((each for each in plans if each not in tables), None)
    if unknown is not None:
        there = ", ".join(sorted(tables)) or "none: esimmon plan add --help"
        raise UsageError(f'no plan is called "{unknown}". There are: {there}.')
    zone = local_zone(os.environ)
    refuse_stranger(plans_of(place.setup.config.plans, zone), plans, member)
    ids = list(dict.fromkeys(plans))
    text = place.changed(keys_of(path, name, member, ids) | {"owner": True})
    found_pool(path, {each: shared_text(tables[each]) for each in ids})
    place.write(text)
    say(f"{path}: a new pool, and this device is {name} in it.")
    say(f"On the other devices: esimmon pool join {path}")
    say("On each of them, and here, let it run: esimmon relay")


def shared_text(table: PlanTable) -> str:
    """A plan as the others are to have it: its words, and no networks.

    Args:
        table: as it is here.

    Returns:
        TOML of one plan.
    """
    shared = replace(table, match=Match(), bind=())
    zone = local_zone(os.environ)
    if not shared.tz and zone.key != _NAMELESS:
        shared = replace(shared, tz=zone.key)  # the same days on every device
    return "\n".join(["# A plan that is shared.", *table_lines(plan_table(shared)), ""])
