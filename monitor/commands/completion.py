"""`esimmon completion SHELL`: what makes Tab complete commands, options and plans."""

from __future__ import annotations

import sys
from typing import Final

import click
from click.shell_completion import get_completion_class

from monitor.lazy import COMPLETE

_PLACES: Final = {
    "bash": "~/.local/share/bash-completion/completions/esimmon",
    "zsh": "a folder of $fpath, as _esimmon",
    "fish": "~/.config/fish/completions/esimmon.fish",
}


@click.command("completion")
@click.argument("shell", type=click.Choice(list(_PLACES)))
@click.pass_context
def command(context: click.Context, *, shell: str) -> None:
    """Write what makes a SHELL complete commands, options, plans and networks.

    \b
    esimmon completion bash > ~/.local/share/bash-completion/completions/esimmon
    esimmon completion fish > ~/.config/fish/completions/esimmon.fish
    esimmon completion zsh > ~/.zfunc/_esimmon    # with ~/.zfunc in $fpath
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    root = context.find_root()
    made = get_completion_class(shell)
    assert made is not None  # click knows all of `_PLACES`  # noqa: S101
    name = root.info_name or "esimmon"
    click.echo(made(root.command, {}, name, COMPLETE).source(), file=sys.stdout)
