"""What people say: words on the command line, environment, texts that are shown."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from contextlib import chdir
from typing import TYPE_CHECKING, Final
from unittest.mock import patch
from zoneinfo import ZoneInfo

from monitor.errors import EsimmonError
from monitor.escapes import visible
from monitor.notifiers.wording import body_of, title_of
from monitor.units import parse_duration, parse_size
from monitor.views.as_csv import csv_text
from monitor.views.names import columns, fit
from monitor.views.periods import parse_period, parse_since
from tests.endurance.fuzzing.stores import called
from tests.endurance.fuzzing.target import Target
from tests.unit.commands.stores import START_S, make_store

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

_BERLIN: Final = ZoneInfo("Europe/Berlin")
# None of these waits, sends, or changes anything but its store.
_COMMANDS: Final = (
    *(("report",), ("status",), ("networks",), ("alerts", "list"), ("plan", "list")),
    *(("plan", "show"), ("plan", "add"), ("plan", "compare"), ("plan", "bind")),
    *(("plan", "ledger"), ("plan", "topup"), ("plan", "sync"), ("config", "check")),
    *(("config", "show"), ("export",), ("data", "forget", "--dry-run"), ("man",)),
    *(("import", "vnstat", "--dry-run"), ("import", "device", "--dry-run")),
    *(("networks", "name"), ("completion",), ("plan", "simulate"), ("restore",), ()),
)
_OPTIONS: Final = (
    *("--by", "--period", "--since", "--tz", "--app", "--network", "--plan", "--top"),
    *("--format", "--json", "--csv", "--size", "--every", "--days", "--bind", "--from"),
    *("--id", "--at", "--dry-run", "--yes", "--member", "--output", "--countries"),
    *("--remaining", "--kbps", "--billing-day", "--compare", "--help", "-h", "--", "-"),
)
_VALUES: Final = (
    *("travel", "application", "5min", "2023-11..2023-12", "9999", "0001", "A..B", ""),
    *(
        "1GB",
        "-1 GB",
        "1e99 GB",
        "month",
        "Europe/Berlin",
        "../..",
        "/",
        "json",
        "x" * 300,
    ),
    *(
        "\udcff\udc80",
        "\u202e",
        "\x1b[2J",
        "9" * 400,
        "if:*",
        "[",
        "*" * 200,
        "%n",
        "@x",
    ),
    *("2023-11-15T00:00:00Z", "23:59", "today", "-5", "0", "1/0", "\n", "no\u0085"),
)
_VARIABLES: Final = (
    *("TZ", "LANG", "LC_ALL", "COLUMNS", "TERM", "HOME", "XDG_CONFIG_HOME", "LINES"),
    *("XDG_STATE_HOME", "XDG_RUNTIME_DIR", "ESIMMON_CONFIG", "STATE_DIRECTORY"),
    *("CONFIGURATION_DIRECTORY", "RUNTIME_DIRECTORY", "NO_COLOR", "PAGER", "LANGUAGE"),
)
_QUIET: Final = {"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/dev/null"}


def command_lines(folder: Path) -> Target:
    """Words and environment of commands, as the shell may give them."""
    store, config = folder / "usage.db", folder / "config.toml"
    make_store(store)
    config.write_text('[[plan]]\nid = "travel"\nquota = "1 GB"\nevery = "month"\n')
    own = ["--store", str(store), "--config", str(config)]
    (folder / "cwd").mkdir()

    def feed(given: bytes) -> None:
        words, _, rest = given.partition(b"\0\0")
        said = [os.fsdecode(word) for word in words.split(b"\0")]
        pairs = (pair.partition(b"=") for pair in rest.split(b"\0") if b"=" in pair)
        environ = {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}
        allowed = {name: environ[name] for name in environ if name in _VARIABLES}
        with chdir(folder / "cwd"), patch.dict(os.environ, _QUIET | allowed):
            status, text = called(said)
        if status not in (0, 1, 2, 10, 11, 130) or (status in (1, 2) and not text):
            raise AssertionError(f"status {status}: {text[-200:]}")

    def make(chance: Random) -> bytes:
        words = [*chance.choice(_COMMANDS)]
        for _ in range(chance.randrange(5)):
            words.append(chance.choice(_OPTIONS if chance.random() < 0.6 else _VALUES))  # noqa: PERF401 - a word at a time
        words += own if chance.random() < 0.9 and words else []
        environ = [
            f"{chance.choice(_VARIABLES)}={chance.choice(_VALUES)}"
            for _ in range(chance.randrange(3))
        ]
        return b"\0".join(map(os.fsencode, (*words, "", *environ)))

    return Target(feed, make=make)


def texts(_: Path) -> Target:
    """Names of programs and networks where people see them: nothing is obeyed."""
    words = (b"<b>", b"&amp;", b"]]>", b"\x1b]0;x\x07", "\u200f".encode(), b"=cmd|x!A0")

    def feed(given: bytes) -> None:
        text = given.decode("utf-8", "surrogateescape")
        shown = visible(text)
        body = body_of(text, has_markup=True)
        read = ET.fromstring(f"<x>{body}</x>").text or ""  # noqa: S314 - our own text
        plain = body_of(text, has_markup=False)
        if not shown.isprintable() or not title_of(text).isprintable():
            raise AssertionError("not printable")
        if read.replace("\r", "\n") != plain.replace("\r", "\n"):
            raise AssertionError("markup in a body")
        for width in (1, 7, 80):
            if columns(fit(shown, width)) > width:
                raise AssertionError("wider than asked for")
        if csv_text(["a"], [[text]]).count("\n") != 1:
            raise AssertionError("more than one row")

    good = "Café 🜚 日本".encode()
    return Target(feed, (good,), words, grown=lambda n: good * n)


def quantities(_: Path) -> Target:
    """Sizes, durations, periods as people write them."""
    seeds = (b"10 GB", b"1.5MiB", b"2 d 3 h", b"2023-11..2024-02", b"last-night")
    words = (b"..", b"GB", b"e", b".", b"9999", b"-", b"T00:00:00Z", "\u0661".encode())

    def feed(given: bytes) -> None:
        text = given.decode("utf-8", "surrogateescape")
        parse_size(text)
        parse_duration(text)
        for parse in (parse_period, parse_since):
            try:
                parse(text, START_S, _BERLIN)
            except EsimmonError:
                continue

    return Target(feed, seeds, words, grown=lambda n: b"1" * n + b" GB")
