"""`esimmon plan import`: several plans from one file, all or none."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.commands.options import any_file
from monitor.commands.plan.filing import open_folder, say, with_places
from monitor.config.reading import parse_config, parse_plan, read_text
from monitor.config.writing import plan_tables, table_lines
from monitor.errors import ConfigError
from monitor.views.plan_lines import plan_line

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from monitor.commands.plan.filing import Folder, Places


@click.command("import")
@click.argument("file", metavar="FILE", shell_complete=any_file)
@click.option("--replace", is_flag=True, help="Replace plans that are there already.")
@click.option("--dry-run", is_flag=True, help="Check everything, and change nothing.")
@with_places
def command(
    *,
    file: str,
    replace: bool,
    dry_run: bool,
    places: Places,
) -> None:
    """Take all plans of FILE, each under a line [[plan]]; or none of them.

    FILE may also be a single file of a plan, as `plan add` writes it.

    \b
    esimmon plan import field-plan.toml
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    path = Path(file)
    with open_folder(places, for_change=not dry_run) as folder:
        texts = _plans(read_text(path), path, folder.zone)
        new = _new(texts, folder, replace=replace)
        configured = folder.checked(new)
        if not dry_run:
            folder.write(new)
        for each in configured:
            if each.plan.id in new:
                say(plan_line(each, folder.viewer))
        for name in texts.keys() - new.keys():
            say(f"{name}: is there already, just so.")


def _plans(text: str, path: Path, zone: ZoneInfo) -> dict[str, str]:
    """The text of each plan's file, by the plan's id.

    Raises:
        ConfigError: something in the file is not allowed, or there is no plan in it.
    """
    plan_id = _single(text)
    if plan_id is not None:
        parse_plan(text, str(path), plan_id, zone)
        return {plan_id: text}
    config = parse_config(text, str(path), zone)
    if not config.plans:
        raise ConfigError(f"{path}: there is no plan in it: no line [[plan]].")
    head = f"# From {path.name}, by esimmon plan import."
    return {
        str(table["id"]): "\n".join([head, *table_lines(table), ""])
        for table in plan_tables(config)
    }


def _single(text: str) -> str | None:
    """The id of a file that is one plan; None where plans are under [[plan]]."""
    try:
        table: dict[str, Any] = tomllib.loads(text)
    except (ValueError, RecursionError):
        return None  # parse_config says what is wrong
    plan_id = table.get("id")
    return plan_id if isinstance(plan_id, str) and "plan" not in table else None


def _new(texts: dict[str, str], folder: Folder, *, replace: bool) -> dict[str, str]:
    """What is to be written: not what is there already in the same words.

    Raises:
        ConfigError: another plan has the name.
    """
    there = {file.table.id: file for file in folder.files}
    new = {}
    for name, text in texts.items():
        folder.refuse_configured(name)
        if name in there and there[name].table == folder.parsed(name, text).table:
            continue
        if name in there and not replace:
            raise ConfigError(
                f'another plan "{name}" is there already: {there[name].path}. Nothing '
                "was changed. Give --replace to replace it."
            )
        new[name] = text
    return new
