"""`esimmon run`: count, in the foreground or as a service, until a signal."""

from __future__ import annotations

import logging
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from monitor import __version__, clock
from monitor.collectors import netdev
from monitor.commands.options import find_setup, with_setup
from monitor.config import SYSTEM_SOCKET, SYSTEM_STORE
from monitor.daemon.control import request
from monitor.daemon.life import Setup as DaemonSetup
from monitor.daemon.lives import count
from monitor.errors import SourceError, StoreBusyError, StoreError
from monitor.notifiers.sudo import spawn_for_sudo_user
from monitor.sdnotify import writes_to_journal
from monitor.store.engine import open_store
from monitor.tiers import SOCKDIAG
from monitor.units import exact_duration, format_rate, format_size
from monitor.usage import Interval, Traffic
from monitor.views.names import visible
from monitor.views.standing import as_text

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TextIO

    from monitor.commands.options import Setup
    from monitor.config import Config
    from monitor.counting.live import Live
    from monitor.daemon.life import Daemon
    from monitor.tiers import Tier

_CLEAR_LINE = "\r\x1b[K"
_REFRESH_S = 1.0
_NEXT = "\nnext: `esimmon report --by plan --period cycle`, or `esimmon alerts list`."
_NO_PLAN = (
    "\nno plan yet: esimmon counts and explains, but warns of no limit.\n"
    "next: `esimmon setup`, or `esimmon report --by process`."
)


class _Log(logging.Handler):
    """Lines for a terminal (which may show the live line) or for journald."""

    # sd-daemon(3): the priority that journald takes from the start of a line.
    _PRIORITIES = ((logging.ERROR, "<3>"), (logging.WARNING, "<4>"), (0, "<6>"))

    def emit(self, record: logging.LogRecord) -> None:
        before = _CLEAR_LINE if sys.stderr.isatty() else ""
        if writes_to_journal(2):
            before = next(p for level, p in self._PRIORITIES if record.levelno >= level)
        else:
            before += "esimmon: "
        with suppress(OSError):  # whoever read this went away
            click.echo(before + visible(record.getMessage()), err=True)


class _Terminal:
    """One live line for a person; silent when nobody looks.

    When the window is closed, or the reader of a pipe has enough, the run ends as by
    Ctrl-C: nobody would know of a daemon that counts on behind a closed window.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.refresh_s = _REFRESH_S if stream.isatty() else None
        self._before = clock.read().boottime_ns
        self._seen: dict[int, Traffic] = {}
        self._billed: set[str] = set()
        self.period = Interval(0, 0)
        self._daemon: Daemon | None = None

    @property
    def has_plan(self) -> bool:
        """Whether there is one now: they come while it runs."""
        return self._daemon is not None and bool(self._daemon.watch.book.agreements)

    def started(self, daemon: Daemon) -> None:
        """Say in plain words what is measured, by which tier, and where it goes."""
        devices = daemon.sampler.here.attached.values()
        self._billed = {each.device for each in devices if each.billed}
        now_s = clock.now_s()
        self.period = Interval(now_s, now_s + 1)
        self._daemon = daemon
        self._write("".join(f"{line}\n" for line in _introduction(daemon)))

    def refresh(self, live: Live) -> None:
        """Show the rates since the last look, and who moved most in the last tick."""
        self.see_clock()
        if self.refresh_s is None:
            return
        rates = self._rates()
        shown = sorted((self._billed | live.devices.keys()) & rates.keys())
        parts = [_rate(visible(name), rates[name]) for name in shown]
        parts.append(f"this run {format_size(live.run.bytes)}")
        if live.top:
            parts.append(f"most: {visible(live.top)}")
        with suppress(OSError):  # the window was closed: the next line says so
            width = os.get_terminal_size(self._stream.fileno()).columns
            parts = ["   ".join(parts)[: max(1, width - 1)]]
        self._write(_CLEAR_LINE + "   ".join(parts))

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            self.refresh_s = None
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())  # for what is still buffered, too
            os.close(nowhere)
            signal.raise_signal(signal.SIGTERM)

    def _rates(self) -> dict[str, tuple[int, int]]:
        """Bytes a second down and up by device, since the last call."""
        now_ns = clock.read().boottime_ns
        elapsed_ns = max(1, now_ns - self._before)
        try:
            devices = netdev.collect()
        except SourceError:
            return {}
        rates = {}
        for device in devices:
            moved = device.counter - self._seen.get(device.ifindex, device.counter)
            rates[device.name] = (
                max(0, moved.rx_bytes) * clock.SECOND_NS // elapsed_ns,
                max(0, moved.tx_bytes) * clock.SECOND_NS // elapsed_ns,
            )
        self._seen = {device.ifindex: device.counter for device in devices}
        self._before = now_ns
        return rates

    def see_clock(self) -> None:
        """The run reaches over all that the clock shows, also when it is set back."""
        now_s, (from_s, to_s) = clock.now_s(), self.period
        self.period = Interval(min(from_s, now_s), max(to_s, now_s + 1))

    def clear(self) -> None:
        """Take the live line away."""
        if self.refresh_s is not None:
            self._write(_CLEAR_LINE)


def _rate(name: str, rate: tuple[int, int]) -> str:
    return f"{name} down {format_rate(rate[0])} up {format_rate(rate[1])}"


def _introduction(daemon: Daemon) -> list[str]:
    """What a person wants to know when counting starts."""
    devices = daemon.sampler.here.attached.values()
    billed = [visible(each.device) for each in devices if each.billed]
    others = [visible(each.device) for each in devices if not each.billed]
    tick, flush = (
        exact_duration(seconds)
        for seconds in (daemon.sampling.tick_s, daemon.sampling.flush_s)
    )
    head = f"esimmon {__version__}: counting every {tick}, on disk every {flush}."
    lines = [
        f"{head} Stop with Ctrl-C.",
        f"  interfaces  {', '.join(sorted(billed)) or 'none to bill yet'}",
    ]
    if others:
        lines.append(f"              not billed: {', '.join(sorted(others))}")
    if daemon.sampler.here.note:
        lines.append(f"              {visible(daemon.sampler.here.note)}")
    lines += _about_programs(daemon.tier, tick)
    if daemon.sampler.remotes:
        lines.append(
            "              the networks they talk to are remembered: [remotes]"
        )
    lines.append(f"  store       {visible(str(daemon.setup.store))}")
    document = daemon.watch.document()
    if document is not None and document["plans"]:
        plans = as_text(document, 0).splitlines()
        heads = ["  plan        ", *["              "] * len(plans)]
        lines += [head + line for head, line in zip(heads, plans, strict=False)]
    return lines


def _about_programs(tier: Tier, tick: str) -> list[str]:
    """What this tier sees, and why it is not a better one."""
    program = tier.program
    if program is None:
        seen = ["not known: only totals of interfaces (tier interface)"]
    elif tier.name == SOCKDIAG:
        seen = [
            "TCP by program (tier sockdiag): your own by process, others by service",
            f"only in the total: UDP (QUIC, DNS), and connections shorter than {tick}",
        ]
    else:
        seen = ["every IP packet by its process (tier ebpf)"]
        if program.unpinned_because:
            seen.append(f"not over a kill: {program.unpinned_because}")
    if tier.lacking:
        seen.append(tier.lacking)
    heads = ["  programs    ", *["              "] * len(seen)]
    return [head + line for head, line in zip(heads, seen, strict=False)]


@click.command("run")
@with_setup
def command(setup: Setup) -> None:
    """Count until Ctrl-C or SIGTERM, then report this run.

    As root every byte gets its process (eBPF); as another user only TCP gets its
    program, as far as it can be seen, and what is missing is said. SIGHUP reads the
    configuration again.

    \b
    sudo esimmon run
    esimmon run --store /tmp/try.db
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    store = setup.store()
    _refuse_a_second(setup, store)
    _begin_log()
    socket = setup.socket(store)
    # Root cannot reach the desktop of the person behind a sudo: that person's own
    # process can. It ends with this one.
    spawn_for_sudo_user(os.environ, socket)
    terminal = _Terminal(sys.stdout)

    given = str(setup.config_file) if setup.config_file else None

    def load() -> Config:
        return find_setup(given, setup.store_option).config

    count(DaemonSetup(store, socket, load), terminal)
    if writes_to_journal(1):
        return  # it is no place for a report
    terminal.clear()
    terminal.see_clock()
    _report_run(store, terminal.period)
    click.echo(_NEXT if terminal.has_plan else _NO_PLAN)


def _refuse_a_second(setup: Setup, store: Path) -> None:
    """Counting twice would warn twice: the system's daemon goes first.

    Raises:
        StoreBusyError: it answers, and no store was chosen by hand.
    """
    if setup.store_option or setup.config.store.path or store == SYSTEM_STORE:
        return
    answer = request(SYSTEM_SOCKET, "status", {})
    if answer is not None:
        raise StoreBusyError(
            f"the system's daemon (pid {answer.get('pid')}) counts already: see "
            "`esimmon report`, or choose another database with --store."
        )


def _begin_log() -> None:
    logger = logging.getLogger("esimmon")
    logger.handlers = [_Log()]
    logger.setLevel(logging.INFO)
    logger.propagate = False


def _report_run(store: Path, period: Interval) -> None:
    """What this run counted, and what to do next."""
    # Only now: a daemon that runs all day must not carry it.
    from monitor.views.text import report_text  # noqa: PLC0415

    try:
        with open_store(store, writable=False) as opened:
            click.echo(report_text(opened, period))
    except StoreError as error:
        click.echo(f"esimmon: no report of this run: {error}", err=True)
