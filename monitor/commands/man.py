"""`esimmon man`: the manual page, made of the same words as `--help`.

Written by hand rather than by a library: those make a page for each of some fifty
commands, know nothing of commands that are imported when they are called, and set
examples as running text.
"""

from __future__ import annotations

import inspect
import re
import shutil
import subprocess  # noqa: TID251 - the reader's own viewer
import sys
from typing import TYPE_CHECKING, Final

import click

from monitor import __version__
from monitor.lazy import LazyGroup

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_COMMON: Final = {
    "config_option": ("--config FILE", "Configuration file to use."),
    "store_option": ("--store FILE", "Database to use."),
    "help": ("--help", "Show what the command does, and end."),
}
_STATUSES: Final = (
    ("0", "Fine."),
    ("1", "An error; one line on standard error says which, and what to do."),
    ("2", "The command was called wrongly."),
    (
        "10, 11",
        "A warning holds; a limit is reached or a plan is over (status --check).",
    ),
    ("130, 141", "Ended by Ctrl-C; the reader of the output went away."),
)
_FILES: Final = (
    ("/etc/esimmon/config.toml, ~/.config/esimmon/config.toml", "The configuration."),
    ("/var/lib/esimmon/usage.db, ~/.local/state/esimmon/usage.db", "What was counted."),
)
_VERBATIM: Final = "\b\n"


@click.command("man")
@click.pass_context
def command(context: click.Context) -> None:
    """Show the manual: every command with all its options, on one page.

    Into a file or a pipe it is written as man(7) has it.

    \b
    esimmon man
    esimmon man > ~/.local/share/man/man1/esimmon.1
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    root = context.find_root()
    page = "\n".join(_page(root)) + "\n"
    viewer = shutil.which("man")
    if sys.stdout is not None and sys.stdout.isatty() and viewer is not None:
        subprocess.run([viewer, "--local-file", "-"], input=page.encode(), check=False)  # noqa: S603 - nothing of the call is from outside
    else:
        click.echo(page, nl=False, file=sys.stdout)


def _page(root: click.Context) -> Iterator[str]:
    group, name = root.command, root.info_name or "esimmon"
    summary = (group.help or "").partition("\n")[0].rstrip(".")
    yield f'.TH {name.upper()} 1 "" "{name} {__version__}" "User Commands"'
    yield from (".ad l", ".nh")  # a word of a choice is typed as it is
    yield from (".SH NAME", f"{name} \\- {_set(summary[0].lower() + summary[1:])}")
    yield from (".SH SYNOPSIS", f".B {name}", "COMMAND [OPTIONS] [ARGUMENTS]")
    yield ".SH DESCRIPTION"
    yield from _paragraphs(group.help or "")
    yield ".SH COMMANDS"
    for context in _every(group, root):
        yield from _of_command(context)
    yield ".SH OPTIONS OF ALL COMMANDS"
    yield from _listed(_COMMON.values())
    yield ".SH EXIT STATUS"
    yield from _listed(_STATUSES)
    yield ".SH FILES"
    yield from _listed(_FILES)


def _every(group: click.Command, above: click.Context) -> Iterator[click.Context]:
    """All commands below a group, each with its context."""
    if not isinstance(group, click.Group):
        return
    for name, command in group.commands.items():
        found = group.loaded(name) if isinstance(group, LazyGroup) else command
        context = click.Context(found, parent=above, info_name=name)
        yield context
        yield from _every(found, context)


def _of_command(context: click.Context) -> Iterator[str]:
    command = context.command
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f".SS {_set(usage)}"
    yield from _paragraphs(command.help or "")
    records = [
        parameter.get_help_record(context)
        for parameter in command.params
        if parameter.name not in _COMMON
    ]
    yield from _listed([record for record in records if record])


def _paragraphs(text: str) -> Iterator[str]:
    for part in inspect.cleandoc(text).split("\n\n"):
        is_verbatim = part.startswith(_VERBATIM)
        yield ".PP"
        if is_verbatim:
            yield ".nf"
        for line in part.removeprefix(_VERBATIM).splitlines():
            yield _set(line)
        if is_verbatim:
            yield ".fi"


def _listed(records: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, text in records:
        yield from (".TP", f"\\fB{_set(term)}\\fR", _set(text))


def _set(text: str) -> str:
    """Text for roff: nothing in it is a request or an escape: groff(7)."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^(?=[.'])", "\\&", escaped)
