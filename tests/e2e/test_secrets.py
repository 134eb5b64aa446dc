"""A password of a push address and the token of the page are in no place but theirs."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.daemon import wait_for
from tests.e2e.test_alerts import PLAN, listed
from tests.e2e.truth import transfer
from tests.hook import SECRET
from tests.load import next_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.daemon import Esimmon
    from tests.lab import Lab

# Nobody listens there: the password is in hand when things go wrong.
ADDRESSES = f"json://me:{SECRET}@127.0.0.1:1/\nntfy://me:{SECRET}@127.0.0.1:1/topic\n"
COMMANDS = (
    *(("status",), ("status", "--json"), ("report",), ("networks",), ("doctor",)),
    *(("doctor", "--json"), ("alerts", "list", "--json"), ("alerts", "test")),
    *(("config", "show"), ("config", "check"), ("plan", "list"), ("relay", "--test")),
    *(("data", "forget", "--app", "x", "--dry-run"), ("report", "--format", "html")),
)


@contextmanager
def running(esimmon: Esimmon, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A command that runs until it is ended; what it says is kept in a file."""
    said = (esimmon.folder / f"said-by-{words[0]}").open("w")
    with (
        said,
        subprocess.Popen(
            esimmon.command(*words),
            env=esimmon.place.environ | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()


def everywhere(esimmon: Esimmon, secret_file: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of the daemon and the store, and the words of every process."""
    for folder in (esimmon.folder, esimmon.control().parent):
        for path in folder.rglob("*"):
            if path.is_file() and path != secret_file:
                yield str(path), path.read_bytes()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            yield str(process), (process / "cmdline").read_bytes()
        except OSError:  # it ended
            continue


def test_no_secret_is_in_logs_answers_files_or_the_list_of_processes(
    lab: Lab, esimmon: Esimmon
) -> None:
    addresses = esimmon.folder / "push"
    addresses.touch(mode=0o600)
    addresses.write_text(ADDRESSES)
    esimmon.configure(f'[push]\naddresses = "{addresses}"\n{PLAN}')
    daemon = esimmon.start()
    with running(esimmon, "relay"), running(esimmon, "web") as web:
        address, _, token = next_line(web).strip().partition("#token=")
        assert (address.startswith("http://127.0.0.1:"), len(token) > 40) == (
            True,
            True,
        )
        transfer(lab, down=1_200_000)
        wait_for(lambda: listed(esimmon), "the alert")
        wait_for(lambda: "not taken by json" in daemon.said(), "the refusal")
        answers = [esimmon.call(*words) for words in COMMANDS]
        copies = (
            ("export", "--output", esimmon.folder / "rows.json", "--format", "json"),
            ("backup", esimmon.folder / "all.tar"),
        )
        answers += [esimmon.call(*words) for words in copies]
        for where, found in everywhere(esimmon, addresses):
            assert SECRET.encode() not in found, where
            assert token.encode() not in found, where
    assert daemon.stop() == 0
    for copy in (esimmon.folder / "rows.json", esimmon.folder / "all.tar"):
        assert copy.stat().st_mode & 0o777 == 0o600
    for done in answers:
        assert SECRET not in done.stdout + done.stderr, done.args
        assert token not in done.stdout + done.stderr, done.args
        assert "Traceback" not in done.stderr
    said = daemon.said() + daemon.shown()
    assert (SECRET in said, token in said) == (False, False)
    broken = f"nothing://me:{SECRET}@x\n"
    addresses.write_text(broken)
    done = esimmon.call("relay", "--test")
    assert done.returncode == 1
    assert SECRET not in done.stdout + done.stderr
    assert os.fspath(addresses) in done.stderr
