"""`esimmon plan edit`: change what was written down of a plan."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from monitor.commands.options import plan_ids
from monitor.commands.plan.filing import (
    open_folder,
    refuse_name,
    say,
    show_file,
    with_places,
)
from monitor.commands.plan.term_options import term_options
from monitor.config.plan_editing import with_keys
from monitor.config.plan_files import plan_path
from monitor.config.reading import read_text
from monitor.errors import ConfigError, UsageError
from monitor.views.names import visible
from monitor.views.plan_lines import plan_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.commands.plan.filing import Folder, Places


@click.command("edit")
@click.argument("plan_id", metavar="ID", shell_complete=plan_ids)
@term_options
@click.option(
    "--unset",
    "unset",
    metavar="KEY",
    multiple=True,
    help="Take a key out of the file (repeatable).",
)
@click.option("--dry-run", is_flag=True, help="Show the file, and change nothing.")
@with_places
def command(
    *,
    plan_id: str,
    terms: Mapping[str, object],
    unset: tuple[str, ...],
    dry_run: bool,
    places: Places,
) -> int:
    """Change the plan ID: by options, or without any in your editor.

    The editor is $VISUAL or $EDITOR. What it wrote is checked before it counts;
    comments are kept.

    \b
    esimmon plan edit pk
    esimmon plan edit pk --size 10GB --warn 80,95
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    refuse_name(plan_id)
    keys = _keys(terms, unset)
    # An editor may be open for hours: others must not wait for it.
    with open_folder(places, for_change=False, without=plan_id) as folder:
        before = read_text(folder.written(plan_id))
        after = None if keys else _edited(before, plan_id, folder)
    with open_folder(places, for_change=not dry_run, without=plan_id) as folder:
        if read_text(folder.written(plan_id)) != before:
            raise ConfigError(f"{plan_id}: was changed meanwhile by somebody else.")
        if keys:
            name = str(plan_path(folder.directory, plan_id))
            after = with_keys(before, name, keys)
        return _put(plan_id, (before, after), folder, dry_run=dry_run)


def _keys(terms: Mapping[str, object], unset: tuple[str, ...]) -> dict[str, object]:
    """What to change in the file; None to take a key out."""
    keys = {**dict.fromkeys(unset), **terms}
    # The other name of the same key must not stay beside it.
    return keys | ({"countries": None} if "zones" in terms else {})


def _put(
    plan_id: str, texts: tuple[str, str | None], folder: Folder, *, dry_run: bool
) -> int:
    before, after = texts
    if after is None or after == before:
        say(f"{plan_id}: nothing was changed.")
        return 1 if after is None else 0
    configured = folder.checked({plan_id: after})
    if dry_run:
        show_file(after)
    else:
        folder.write({plan_id: after})
    made = next(each for each in configured if each.plan.id == plan_id)
    say(plan_line(made, folder.viewer))
    return 0


def _edited(before: str, plan_id: str, folder: Folder) -> str | None:
    """Let a person change the text until it is right; None when they gave up.

    Raises:
        UsageError: there is no terminal for an editor.
    """
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty()):
        raise UsageError(
            "there is no terminal for an editor. Give options such as --size 10GB, or "
            f"change {plan_path(folder.directory, plan_id)} yourself and run: esimmon "
            "config check"
        )
    text = before
    while True:
        changed = click.edit(text, extension=".toml", require_save=True)
        if changed is None:
            return before
        try:
            folder.checked({plan_id: changed})
        except ConfigError as error:
            click.echo(f"esimmon: {visible(str(error))}", err=True)
            if not click.confirm("Edit it again?", default=True):
                return None
            text = changed
        else:
            return changed
