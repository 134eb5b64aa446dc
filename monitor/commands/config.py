"""`esimmon config check` and `esimmon config show`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from monitor.commands.options import (
    Setup,
    config_option,
    find_setup,
    store_option,
    with_format,
    with_setup,
)
from monitor.config import as_toml, plan_tables, plans_directory, settings
from monitor.config.contracts import plans_of
from monitor.config.plan_files import read_plan_files
from monitor.views.names import visible
from monitor.zones import local_zone

if TYPE_CHECKING:
    from pathlib import Path


@click.group("config")
def command() -> None:
    """Check or show the configuration."""


@command.command("check")
@click.argument("file", required=False)
@config_option
@store_option
def check(
    file: str | None, config_option: str | None, store_option: str | None
) -> None:
    """Say whether FILE can be used, or the file in force.

    \b
    esimmon config check
    esimmon config check ./new.toml
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    setup = find_setup(file or config_option, store_option)
    click.echo(f"OK: {visible(_origin(setup))}{_files(setup)}.", file=sys.stdout)
    for each in plans_of(setup.config.plans, local_zone(setup.environ)):
        if not each.bindings.is_any:
            command = f"esimmon plan bind {each.plan.id} INTERFACE"
            click.echo(f"{each.plan.id}: pays for no interface yet: {command}")


@command.command("show")
@with_format("text", "json")
@with_setup
def show(setup: Setup, output_format: str) -> None:
    """Show every setting in force, as TOML, and where everything is.

    \b
    esimmon config show
    esimmon config show --json
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    store = setup.store()
    if output_format == "json":
        text = json.dumps(_as_json(setup, store), indent=2)
    else:
        text = (
            f"# Configuration: {visible(_origin(setup))}.\n"
            f"# Plans: {visible(str(plans_directory(store)))}\n"
            f"# Store: {visible(str(store))}\n"
            f"# Socket: {visible(str(setup.socket(store)))}\n\n"
            f"{as_toml(setup.config)}"
        )
    # Named, because click takes ASCII for a mistake and writes UTF-8 instead.
    click.echo(text, file=sys.stdout)


def _origin(setup: Setup) -> str:
    if setup.config_file is None:
        return "no file, all defaults"
    return str(setup.config_file)


def _files(setup: Setup) -> str:
    """How many plans have files of their own."""
    directory = plans_directory(setup.store())
    count = len(read_plan_files(directory, local_zone(setup.environ)))
    plans = "plan" if count == 1 else "plans"
    return f", and {count} {plans} in {visible(str(directory))}" if count else ""


def _as_json(setup: Setup, store: Path) -> dict[str, object]:
    sections: dict[str, dict[str, object]] = {}
    for section, key, value, _ in settings(setup.config):
        sections.setdefault(section, {})[key] = value
    return {
        "version": 1,
        "file": None if setup.config_file is None else str(setup.config_file),
        "plans_directory": str(plans_directory(store)),
        "store": str(store),
        "socket": str(setup.socket(store)),
        "settings": sections,
        "plans": plan_tables(setup.config),
    }
