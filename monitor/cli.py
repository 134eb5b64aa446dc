"""The command group; the one place where errors become text and an exit status.

Commands are imported when they are called: `esimmon --help` and completion stay fast,
and a command pays only for what it needs. Exit statuses: 0 fine, 1 error, 2 the command
was called wrongly, 130 interrupted (Ctrl-C), 141 the reader of the output went away.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TYPE_CHECKING

import click

from monitor import __version__
from monitor.errors import EsimmonError, UsageError
from monitor.lazy import COMPLETE, LazyGroup

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "run": ("monitor.commands.run", "Count, until Ctrl-C; then report this run."),
    "report": ("monitor.commands.report", "Show which program moved which bytes."),
    "top": ("monitor.commands.top", "Show live who moves what."),
    "setup": ("monitor.commands.setup", "Ask which plan there is, and write it down."),
    "status": ("monitor.commands.status", "Show what is left of each plan."),
    "plan": ("monitor.commands.plan", "Keep the books of your plans, or try one out."),
    "networks": ("monitor.commands.networks", "Show what is attached, and name it."),
    "alerts": ("monitor.commands.alerts", "See what was told, or try it."),
    "notify": ("monitor.commands.notify", "Show a daemon's alerts on your desktop."),
    "relay": ("monitor.commands.relay", "Send a daemon's alerts beyond this machine."),
    "pool": ("monitor.commands.pool", "Share a plan between several devices."),
    "web": ("monitor.commands.web", "Show all that in your browser."),
    "export": ("monitor.commands.export", "Hand out what was counted, row by row."),
    "import": ("monitor.commands.import_", "Take in what others counted."),
    "backup": ("monitor.commands.backup", "Write everything into one file."),
    "restore": ("monitor.commands.restore", "Take everything out of such a file."),
    "data": ("monitor.commands.data", "Forget whose bytes they were, for good."),
    "measure": ("monitor.commands.measure", "Show what one command moves."),
    "service": ("monitor.commands.service", "Count from every boot on."),
    "doctor": (
        "monitor.commands.doctor",
        "Say whether counting works, and if not why.",
    ),
    "config": ("monitor.commands.config", "Check or show the configuration."),
    "completion": ("monitor.commands.completion", "Make Tab complete, in your shell."),
    "man": ("monitor.commands.man", "Show the manual: all commands on one page."),
}
"""Name, module (its attribute `command` is the command) and help of each command."""

_INTERRUPTED = 130  # 128 + SIGINT, as shells do
_BROKEN_PIPE = 141  # 128 + SIGPIPE
_OUTPUT_FAILED = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG)


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Every command explains itself: esimmon COMMAND --help. All of it on one "
    "page: esimmon man. Completion of commands, options and plans: esimmon completion.",
)
@click.version_option(__version__, message="esimmon %(version)s")
@click.pass_context
def esimmon(context: click.Context) -> None:
    """Count which program moved which bytes over which metered network.

    \b
    esimmon run                      count in the foreground; Ctrl-C reports
    esimmon report                   today, by application
    esimmon report --period last-night --by process
    esimmon measure apt update       what one command moved
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the program's entry point.

    Args:
        arguments: without the program's name; None for those of the process.

    Returns:
        The exit status.
    """
    # Python has no sys.stdout at all when it was closed by the caller.
    stdout = sys.stdout if isinstance(sys.stdout, io.TextIOWrapper) else io.StringIO()
    if isinstance(stdout, io.TextIOWrapper):
        # A name that the terminal's encoding lacks is shown escaped, not an error.
        stdout.reconfigure(errors="backslashreplace")
    try:
        status = _run(arguments)
        stdout.flush()
    except (click.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except click.ClickException as error:
        return _complain(_click_sentence(error), error.exit_code)
    except EsimmonError as error:
        return _complain(str(error), 2 if isinstance(error, UsageError) else 1)
    except OSError as error:
        return output_failed(error)
    return status


def _run(arguments: Sequence[str] | None) -> int:
    """What click's own `main` does, but a closed pipe comes through as such."""
    if COMPLETE in os.environ:
        esimmon.main(prog_name="esimmon", complete_var=COMPLETE)
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        with esimmon.make_context("esimmon", given) as context:
            result = esimmon.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    return result if isinstance(result, int) else 0


def _click_sentence(error: click.ClickException) -> str:
    """Click's message on one line, with the way to the right help."""
    message = " ".join(error.format_message().split())
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"{message} Try `{context.command_path} --help`." if context else message


def _complain(message: str, status: int) -> int:
    # Only now: what is imported here would cost every call that has nothing to say.
    from monitor.views.names import visible  # noqa: PLC0415

    click.echo(f"esimmon: {visible(message)}", err=True)
    return status


def output_failed(error: OSError) -> int:
    """Leave quietly when the reader went away, say so when the disk is full.

    Args:
        error: of writing to standard output.

    Returns:
        The exit status.

    Raises:
        OSError: it was not about the output.
    """
    if error.errno not in (errno.EPIPE, *_OUTPUT_FAILED) or error.filename is not None:
        raise error
    # What is still buffered would fail again when the interpreter ends.
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 1)
    os.close(devnull)
    if error.errno == errno.EPIPE:
        return _BROKEN_PIPE
    return _complain(f"cannot write the output: {error.strerror}.", 1)
