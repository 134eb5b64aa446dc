"""The real daemon: started, waited for, asked, stopped, killed; and its commands."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor.client import statusfile
from monitor.client.statusfile import status_path
from monitor.config import control_socket
from monitor.daemon.control import request

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.places import Place

QUICK = '[sampling]\ntick = "1 s"\nflush = "1 s"\n'
SLOW = '[sampling]\ntick = "60 s"\nflush = "10 min"\n'
PINS = Path("/sys/fs/bpf/esimmon")

_PATIENCE_S = 60  # a busy machine needs 16 to start on a store of three years
_POLL_S = 0.01


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Wait until something is so.

    Args:
        condition: asked again and again.
        what: for the message.

    Raises:
        AssertionError: it never was.
    """
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for: {what}"
        time.sleep(_POLL_S)


class Daemon:
    """A running daemon.

    Attributes:
        process: it; its pid is that of the daemon itself.
        control: its socket.
    """

    def __init__(
        self, process: subprocess.Popen[str], control: Path, output: Path
    ) -> None:
        self.process = process
        self.control = control
        self._output = output

    def wait_ready(self) -> None:
        """Wait until it has stored its first sample: only then it answers."""
        deadline = time.monotonic() + _PATIENCE_S
        while (self.ask("status") or {}).get("pid") != self.process.pid:
            assert self.process.poll() is None, f"it ended at once: {self.said()}"
            assert time.monotonic() < deadline, f"never ready: {self.said()}"
            time.sleep(_POLL_S)

    def ask(self, method: str, **params: object) -> dict[str, Any] | None:
        """Ask it by its socket.

        Args:
            method: name of the call.
            params: its arguments.
        """
        return request(self.control, method, params)

    def flush(self) -> bool:
        """Bring the store up to date; returns whether that worked."""
        answer = self.ask("flush")
        assert answer is not None, "the daemon does not answer"
        return bool(answer["flushed"])

    def shown(self) -> str:
        """Its standard output so far."""
        return self._read("out")

    def said(self) -> str:
        """Its standard error so far."""
        return self._read("err")

    def _read(self, name: str) -> str:
        content = self._output.with_suffix(f".{name}").read_bytes()
        return content.decode("utf-8", "surrogateescape")

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """End it as a person or a service manager does.

        Args:
            number: the signal.

        Returns:
            Its exit status.
        """
        self.send(number)
        return self.process.wait(_PATIENCE_S)

    def kill(self) -> None:
        """End it without a chance to do anything."""
        self.process.kill()
        self.process.wait(_PATIENCE_S)


class Esimmon:
    """The program on one store and configuration in one place.

    Attributes:
        folder: of all its files.
        place: where it runs.
        store: the database.
        config: the configuration file.
        chosen: whether the store is given by --store.
        daemons: all that were started.
    """

    def __init__(self, folder: Path, place: Place) -> None:
        self.folder = folder
        self.place = place
        self.store = folder / "usage.db"
        self.config = folder / "config.toml"
        self.chosen = True
        self.daemons: list[Daemon] = []
        if not self.config.exists():
            self.configure(QUICK)

    def configure(self, text: str) -> None:
        """Write the configuration file.

        Args:
            text: TOML.
        """
        self.config.write_text(text, encoding="utf-8", errors="surrogateescape")
        self.config.chmod(0o644)

    def at(self, place: Place) -> Esimmon:
        """The same store and configuration somewhere else.

        Args:
            place: where.
        """
        other = Esimmon(self.folder, place)
        other.daemons = self.daemons
        return other

    def _python(self, *words: str | Path) -> list[str]:
        return [*self.place.enter, self.place.python, "-m", "monitor", *map(str, words)]

    def _own(self, words: tuple[str | Path, ...]) -> list[str]:
        command, *options = words
        own: list[str | Path] = ["--config", self.config]
        if self.chosen:
            own += ["--store", self.store]
        return self._python(command, *own, *options)

    def begin(self, *, terminal: int | None = None, **environ: str) -> Daemon:
        """Start a daemon, and do not wait for it.

        Args:
            terminal: descriptor of one to show its output on, and to be stopped from.
            environ: more for its environment.
        """
        output = self.folder / f"daemon-{len(self.daemons)}"
        with (
            output.with_suffix(".out").open("wb") as out,
            output.with_suffix(".err").open("wb") as err,
        ):
            process = subprocess.Popen(
                self._own(("run",)),
                stdin=terminal or subprocess.DEVNULL,
                stdout=terminal or out,
                stderr=terminal or err,
                text=True,
                env=self.place.environ | environ,
            )
        self.daemons.append(Daemon(process, self.control(), output))
        return self.daemons[-1]

    def start(self) -> Daemon:
        """Start a daemon, and wait until it counts."""
        daemon = self.begin()
        daemon.wait_ready()
        return daemon

    def control(self) -> Path:
        """The socket of a daemon here."""
        is_root = self.place.uid == 0
        return control_socket(
            self.store, self.place.environ, is_root=is_root, explicit=True
        )

    def pins(self) -> Path:
        """The folder that holds what outlives a daemon of this store."""
        # By the path as the daemon sees it: a link of /tmp is followed.
        digest = hashlib.sha256(os.fsencode(self.store.resolve())).hexdigest()
        return PINS / digest[:16]

    def command(self, *words: str | Path) -> list[str]:
        """What runs a command on this store and configuration.

        Args:
            words: the command and its options.
        """
        return self._own(words)

    def call(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command on this store and configuration.

        Args:
            words: the command and its options.
        """
        return self._finished(self._own(words))

    def plainly(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command with no option but those given.

        Args:
            words: the command and its options.
        """
        return self._finished(self._python(*words))

    def _finished(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            check=False,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            env=self.place.environ,
            timeout=_PATIENCE_S,
        )

    def report(self, by: str = "process", *options: str) -> dict[str, Any]:
        """The report of all that this store has, or of what the options say.

        Args:
            by: what its rows are about.
            options: of `esimmon report`.
        """
        # Everything: a step of the clock must not hide a row.
        period = () if options else ("--period", "2020-01-01..2099-12-31")
        done = self.call("report", "--by", by, "--json", *period, *options)
        assert (done.returncode, done.stderr) == (0, "")
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def alerts(self) -> list[dict[str, Any]]:
        """What `esimmon alerts list` has."""
        done = self.plainly("alerts", "list", "--json", "--store", self.store)
        assert (done.returncode, done.stderr) == (0, "")
        found: list[dict[str, Any]] = json.loads(done.stdout)["alerts"]
        return found

    def close(self) -> None:
        """End what still runs, and leave nothing behind."""
        for daemon in self.daemons:
            if daemon.process.poll() is None:
                daemon.kill()
        # What a killed one left.
        self.control().unlink(missing_ok=True)
        statusfile.remove(status_path(self.control()))
        for pin in sorted(self.pins().rglob("*"), reverse=True):
            pin.rmdir() if pin.is_dir() else pin.unlink()
        with contextlib.suppress(OSError):  # not there, or others have pins, too
            self.pins().rmdir()
            PINS.rmdir()
        shutil.rmtree(self.folder)
