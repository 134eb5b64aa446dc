"""What the help and the example say is what the program does."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import click
import pytest

from monitor import cli, commands
from monitor.commands import plan
from monitor.config import parse_config
from monitor.lazy import LazyGroup
from monitor.views.periods import EXAMPLES, parse_period, parse_since
from monitor.views.periods import find_zone as zone

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / ".github").rglob("*.md")]
NOW_S = 1_749_634_215


def _commands() -> dict[str, click.Command]:
    """All commands and their sub-commands by what a person types."""
    found: dict[str, click.Command] = {}
    for name, (module, _) in cli.COMMANDS.items():
        command = importlib.import_module(module).command
        found[name] = command
        if isinstance(command, click.Group):
            found |= {f"{name} {sub}": each for sub, each in command.commands.items()}
        if isinstance(command, LazyGroup):
            for sub, (place, _) in command.table.items():
                found[f"{name} {sub}"] = importlib.import_module(place).command
    return found


def test_every_file_of_commands_is_in_the_table() -> None:
    files = {module.name for module in pkgutil.iter_modules(commands.__path__)}
    named = {module.rpartition(".")[2] for module, _ in cli.COMMANDS.values()}
    parts = {"asked", "asking", "dialogue", "handing", "met_before", "options"}
    assert files - parts - {"progress", "written"} == named


def test_every_file_of_the_plan_group_is_in_its_table() -> None:
    files = {module.name for module in pkgutil.iter_modules(plan.__path__)}
    named = {module.rpartition(".")[2] for module, _ in plan.COMMANDS.values()}
    assert named <= files


def test_the_tables_say_what_each_command_does() -> None:
    for name, (module, text) in (cli.COMMANDS | plan.COMMANDS).items():
        assert importlib.import_module(module).command.name == name
        assert text.endswith(".")


def test_every_command_and_option_is_explained() -> None:
    for name, command in _commands().items():
        assert command.help, name
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, (name, parameter.name)


def test_the_periods_of_the_help_are_understood() -> None:
    for text in EXAMPLES.replace(" or ", ", ").split(", "):
        if text != "run":  # the one that only the store knows
            assert parse_period(text, NOW_S, zone("UTC"))
    assert parse_since("2h", NOW_S, zone("UTC"))


@pytest.mark.parametrize("name", ["report"])
def test_the_examples_of_the_help_are_calls_that_parse(name: str) -> None:
    command = _commands()[name]
    examples = [
        line.strip().partition("   ")[0].split()
        for line in (command.help or "").splitlines()
        if line.strip().startswith(f"esimmon {name}")
    ]
    assert examples
    for _, _, *arguments in examples:
        parsed = command.make_context(name, list(arguments))
        assert parsed.params["output_format"] in ("text", "csv", "html")


@pytest.mark.parametrize(
    "folder",
    ["", "accounts", "attribution", "client", "counting", "daemon", "networks", "pool"],
)
def test_the_map_of_a_folder_names_every_module(folder: str) -> None:
    package = importlib.import_module(f"monitor.{folder}".rstrip("."))
    text = package.__doc__ or ""
    for module in pkgutil.iter_modules(package.__path__):
        assert f"`{module.name}`" in text, module.name


def test_the_exit_statuses_are_documented_where_they_are_made() -> None:
    text = cli.__doc__ or ""
    for status in (0, 1, 2, cli._INTERRUPTED, cli._BROKEN_PIPE):
        assert f"{status} " in text


def test_the_configuration_in_the_pages_can_be_used() -> None:
    """A person copies it."""
    found = [
        parse_config(block.partition("```")[0], page.name)
        for page in PAGES
        for block in page.read_text(encoding="utf-8").split("```toml\n")[1:]
    ]
    assert any(config.plans for config in found)
    assert any(config.alerts.rules for config in found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_from_a_page_to_a_page_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        name, _, anchor = link.partition("#")
        if "://" in name:
            continue
        place = page.parent / name if name else page
        assert place.exists(), link
        if anchor:
            assert anchor in _anchors(place), link


def _anchors(page: Path) -> set[str]:
    """What headings are called in an address, as the forges make it."""
    lines = page.read_text(encoding="utf-8").splitlines()
    headings = [line.lstrip("# ").lower() for line in lines if line.startswith("#")]
    return {re.sub(r"[^\w\- ]", "", each).replace(" ", "-") for each in headings}
