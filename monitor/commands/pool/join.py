"""`esimmon pool join FOLDER`: one more device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from monitor.commands.options import any_file, config_option, store_option
from monitor.commands.plan.filing import Places, open_folder
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
from monitor.config.plans import Match
from monitor.config.reading import parse_plan
from monitor.config.writing import plan_table, table_lines
from monitor.errors import UsageError
from monitor.pool.founding import PLANS, named_like, plan_text, read_pool

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from monitor.commands.plan.filing import Folder


@click.command("join")
@click.argument("folder", metavar="FOLDER", shell_complete=any_file)
@device_options
@click.option(
    "--bind",
    metavar="PATTERN",
    multiple=True,
    help='Interface here that the plan pays for, such as "wwan*" (repeatable).',
)
@click.option(
    "--again", is_flag=True, help="This very device was in it before, by this name."
)
@config_option
@store_option
def command(  # noqa: PLR0913 - one argument an option
    *,
    folder: str,
    device: str | None,
    member: str | None,
    bind: tuple[str, ...],
    again: bool,
    config_option: str | None,
    store_option: str | None,
) -> None:
    """Share what others share in FOLDER, on this device.

    A plan that is not here yet is taken from the folder; which networks it pays for is
    said on each device. [pool] is written into the configuration, and a running daemon
    takes it. From then on `esimmon relay` carries.

    \b
    esimmon pool join ~/Sync/family --member ben --bind "wwan*"
    esimmon pool join ~/Sync/family --device old-name --again    it was set up anew
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    place = find_place(config_option, store_option)
    refuse_second(place.setup)
    path, name = usable_folder(folder), usable_device(device)
    plans = read_pool(path).plans
    _refuse_taken(path, name, again=again)
    text = place.changed(keys_of(path, name, member, plans))
    places = Places(config_option, store_option)
    with open_folder(places) as filed:
        new = _new_plans(path, plans, bind, filed)
        refuse_stranger(filed.checked(new), plans, member)
        if new:
            filed.write(new)
    place.write(text)
    say(f"{path}: this device is {name} in the pool.")
    for each in new:
        say(f"{each}: taken from the pool.")
        if not bind:
            say(f"It pays for nothing here yet: esimmon plan bind {each} INTERFACE")
    say("Let it run: esimmon relay")


def _refuse_taken(path: Path, name: str, *, again: bool) -> None:
    """Have each name once.

    Raises:
        UsageError: another device has it.
    """
    taken = named_like(path, name)
    if taken is not None and not again:
        raise UsageError(
            f"a device {taken} is in that pool already: give this one another name "
            "(--device), or say that it is this one, set up anew (--again)."
        )


def _new_plans(
    path: Path, plans: Iterable[str], bind: tuple[str, ...], filed: Folder
) -> dict[str, str]:
    """The plans that are not here yet, as their files will be.

    Raises:
        ConfigError: one makes no sense.
        PoolError: one is not in the folder.
    """
    there = {table.id for table in filed.tables()}
    new = {}
    for each in plans:
        if each not in there:
            name = str(path / PLANS / f"{each}.toml")
            table = parse_plan(plan_text(path, each), name, each, filed.zone)
            # What pays here is said here, whoever wrote that file.
            lines = table_lines(plan_table(replace(table, match=Match(), bind=())))
            head = f"# Shared with others: {path}."
            new[each] = "\n".join([head, *lines, *_matching(bind), ""])
    return new


def _matching(bind: tuple[str, ...]) -> list[str]:
    if not bind:
        return []
    return ["[match]", *table_lines({"interface": list(bind)})]
