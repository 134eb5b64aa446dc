"""`esimmon measure CMD...`: what one command and its children moved, to the byte."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import click

from monitor.collectors.bpf import open_program
from monitor.collectors.bpf.cgroups import find_root
from monitor.commands.options import with_setup
from monitor.errors import UnsupportedError
from monitor.units import format_count, format_size
from monitor.usage import total
from monitor.views.names import fit, visible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.collectors.bpf import Program
    from monitor.commands.options import Setup
    from monitor.usage import Process, Traffic

_NOT_FOUND: Final = 127  # the shell's statuses for a command that cannot be started
_NOT_EXECUTABLE: Final = 126
_SIGNALLED: Final = 128
_HANDED_ON: Final = (signal.SIGTERM, signal.SIGHUP)
# Python ignores them, and what is ignored stays so when the command is executed.
_IGNORED_BY_PYTHON: Final = (signal.SIGPIPE, signal.SIGXFSZ)
_NAME_COLUMNS: Final = 30


@contextmanager
def _own_cgroup() -> Iterator[Path]:
    """A cgroup for the command; whoever outlives it goes back to the root."""
    folder = find_root() / f"esimmon-measure-{os.getpid()}"
    try:
        folder.mkdir()
    except OSError as error:
        raise UnsupportedError(
            f"{folder}: {error.strerror}.",
            remedy="Run it as root: sudo esimmon measure",
        ) from error
    try:
        yield folder
    finally:
        for pid in _members(folder):
            with suppress(OSError):  # it ended meanwhile
                (folder.parent / "cgroup.procs").write_text(pid)
        with suppress(OSError):
            folder.rmdir()


def _members(folder: Path) -> list[str]:
    return (folder / "cgroup.procs").read_text().split()


@contextmanager
def _signals_held() -> Iterator[set[int]]:
    """Signals wait, so that none leaves a cgroup or a command without its measurement.

    Yields:
        The mask before, for the command.
    """
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, *_HANDED_ON))
    try:
        yield mask
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _start(words: tuple[str, ...], folder: Path, mask: set[int]) -> int:
    """Fork, enter the cgroup, become the command."""
    pid = os.fork()
    if pid:
        return pid
    try:
        (folder / "cgroup.procs").write_text("0")
        for number in _IGNORED_BY_PYTHON:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.execvp(words[0], words)  # noqa: S606 - running the person's command is the job
    except OSError as error:
        sys.stderr.write(f"esimmon: {visible(words[0])}: {error.strerror}\n")
        found = not isinstance(error, FileNotFoundError)
        os._exit(_NOT_EXECUTABLE if found else _NOT_FOUND)


def _wait(pid: int, mask: set[int]) -> int:
    """The command's exit status as a shell shows it.

    Ctrl-C reaches the command by itself, as every process of the terminal; what is sent
    to this one alone, as by timeout(1), is handed on.
    """
    if signal.SIGINT in signal.sigpending():  # came before there was a command
        os.kill(pid, signal.SIGINT)
    handlers = {signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN)}
    for number in _HANDED_ON:
        handlers[number] = signal.signal(number, lambda each, _: os.kill(pid, each))
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    try:
        _, status = os.waitpid(pid, 0)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else _SIGNALLED - code


def _by_process(program: Program) -> list[tuple[Process | None, Traffic]]:
    rows: dict[object, list[Traffic]] = {}
    for key, counters in program.read().items():
        rows.setdefault(key.owner, []).append(counters.traffic)
    summed = [
        (program.process(owner), total(parts))  # type: ignore[arg-type]
        for owner, parts in rows.items()
    ]
    return sorted(summed, key=lambda row: -row[1].bytes)


def _lines(rows: list[tuple[Process | None, Traffic]], remaining: int) -> list[str]:
    lines = [_columns("process", "pid", "down", "up", "packets")]
    for process, traffic in rows:
        name = visible(process.comm) if process else "(kernel)"
        pid = str(process.owner.pid) if process else ""
        lines.append(_line(name, pid, traffic))
    lines.append(_line("total", "", total(traffic for _, traffic in rows)))
    if remaining:
        lines.append(
            f"{remaining} of its processes still run; what they move is not in it"
        )
    return lines


def _line(name: str, pid: str, traffic: Traffic) -> str:
    packets = format_count(traffic.rx_packets + traffic.tx_packets)
    down, up = format_size(traffic.rx_bytes), format_size(traffic.tx_bytes)
    return _columns(name, pid, down, up, packets)


def _columns(name: str, *figures: str) -> str:
    return " ".join([fit(name, _NAME_COLUMNS), *(f"{each:>10}" for each in figures)])


@click.command(
    "measure",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.option("--json", "as_json", is_flag=True, help="Write the figures as JSON.")
@click.argument("words", metavar="CMD...", nargs=-1, required=True)
@with_setup
def command(_: Setup, words: tuple[str, ...], *, as_json: bool) -> int:
    """Run CMD and show what it and its children moved, as IP bytes on the wire.

    Needs root (eBPF and a cgroup of its own); loopback does not count. The figures go
    to standard error, so that the output of CMD stays whole; the exit status is CMD's.

    \b
    sudo esimmon measure apt-get update
    sudo esimmon measure --json curl -sO https://example.org/file
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    with _signals_held() as mask, _own_cgroup() as folder:
        program = open_program(None, "", cgroup=folder).program
        try:
            status = _wait(_start(words, folder, mask), mask)
            rows, remaining = _by_process(program), len(_members(folder))
        finally:
            program.detach()
    if as_json:
        click.echo(json.dumps(_as_json(words, status, rows, remaining)), err=True)
    else:
        click.echo("\n".join(_lines(rows, remaining)), err=True)
    return status


def _as_json(
    words: tuple[str, ...],
    status: int,
    rows: list[tuple[Process | None, Traffic]],
    remaining: int,
) -> dict[str, object]:
    """The figures for JSON, which escapes what a terminal would obey."""
    whole = total(traffic for _, traffic in rows)
    return {
        "version": 1,
        "command": words,
        "exit_status": status,
        "still_running": remaining,
        **_figures(whole),
        "rows": [
            {
                "pid": process.owner.pid if process else None,
                "comm": process.comm if process else None,
                "exe": process.exe if process else None,
                **_figures(traffic),
            }
            for process, traffic in rows
        ],
    }


def _figures(traffic: Traffic) -> dict[str, int]:
    return {
        "rx_bytes": traffic.rx_bytes,
        "tx_bytes": traffic.tx_bytes,
        "rx_packets": traffic.rx_packets,
        "tx_packets": traffic.tx_packets,
    }
