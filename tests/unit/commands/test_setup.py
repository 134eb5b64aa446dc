"""`esimmon setup`: the dialogue on a real terminal, and the same by options."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from monitor.cli import main
from monitor.commands import setup
from monitor.commands.met_before import last_on
from monitor.config import load_config, new_config, places
from monitor.store.batch import Batch
from monitor.usage import Interval
from tests.networking import CABLE, ESIM, ICCID, TETHER, attachment, wifi
from tests.unit.commands.listening import daemon_at
from tests.unit.store.builders import T0, bill, writing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.networks.uplink import Network

ROOT = Path(__file__).parents[3]
CTRL_C, CTRL_D = "\x03", "\x04"
_PATIENCE_S = 30.0


class Terminal:
    """`esimmon setup` on a terminal of its own, so that Ctrl-C is a signal."""

    def __init__(self, *arguments: str) -> None:
        """Start it."""
        self._ours, theirs = os.openpty()
        self._process = subprocess.Popen(
            [
                *("setsid", "--ctty", "--wait", sys.executable, "-m", "monitor"),
                *("setup", *arguments),
            ],
            cwd=ROOT,
            env=os.environ | {"TZ": "Asia/Karachi", "NO_COLOR": "1"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        self.shown = ""

    def answer(self, question: str, text: str) -> Self:
        """Wait for a question, then type."""
        while question not in self.shown:
            assert self._read(_PATIENCE_S), f"no {question!r} in {self.shown!r}"
        self.shown = self.shown.partition(question)[2]
        os.write(self._ours, text.encode())
        return self

    def leave(self, question: str, key: str) -> int:
        """Wait for a question, then press a key until that is seen, as people do.

        A signal just before read(2) blocks is only noticed with the next key.
        """
        self.answer(question, key)
        is_open = True
        while is_open:
            try:
                is_open = self._read(1)
            except TimeoutError:
                os.write(self._ours, key.encode())
        return self.end()

    def end(self) -> int:
        """Read what comes last; returns the exit status."""
        while self._read(_PATIENCE_S):
            pass
        return self._process.wait(_PATIENCE_S)

    def _read(self, patience_s: float) -> bool:
        """Take in what is shown; False when the other side is closed."""
        ready, _, _ = select.select([self._ours], [], [], patience_s)
        if not ready:
            raise TimeoutError(self.shown)
        try:
            part = os.read(self._ours, 4096)
        except OSError:
            return False
        self.shown += part.decode().replace("\r\n", "\n")
        return bool(part)

    def close(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        os.close(self._ours)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the configuration of this user is; there is none yet."""
    found = tmp_path / "new/config.toml"
    monkeypatch.setenv("ESIMMON_CONFIG", str(found))
    return found


@pytest.fixture
def terminal(path: Path) -> Iterator[Terminal]:
    """A person who has just typed `esimmon setup`."""
    assert not path.exists()
    with closing(Terminal()) as opened:
        yield opened


def _files(path: Path) -> list[str]:
    """What is in the folder of the configuration."""
    return [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []


@pytest.mark.needs("setsid")
def test_a_person_answers_and_has_a_configuration(
    terminal: Terminal, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.answer("pattern such as wwan*", "wwan*\n")
    terminal.answer('("10 GB", or "unlimited")?', "10 GB\n")
    terminal.answer("or last for N days? [month]", "\n")
    terminal.answer("On which day of the month (1 to 31)? [1]", "32\n")
    terminal.answer("Error: a day from 1 to 31.", "31\n")
    terminal.answer("How much is left now", "2.2 GB\n")
    terminal.answer("What shall it be called? [wwan]", "home\n")
    terminal.answer('[[plan]]\nid = "home"\nquota = "10 GB"\nevery = "month"\n', "")
    terminal.answer(f"Write this to {path}? [Y/n]:", "\n")
    assert terminal.end() == 0
    assert f"Written: {path}\n" in terminal.shown
    (plan,) = load_config(path).plans
    assert (plan.id, plan.quota, plan.billing_day) == ("home", 10**10, 31)
    assert (plan.tz, plan.remaining) == ("Asia/Karachi", 2_200_000_000)
    assert plan.match.interface == ("wwan*",)
    assert str(plan.as_of).endswith("+05:00")
    assert main(["config", "check"]) == 0
    assert capsys.readouterr().out == f"OK: {path}.\n"
    assert _files(path) == ["config.toml"]
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.needs("setsid")
@pytest.mark.parametrize("is_meant", [True, False])
def test_the_sim_that_an_interface_was_on_last_is_proposed_in_its_place(
    path: Path, tmp_path: Path, *, is_meant: bool
) -> None:
    with writing(tmp_path / "usage.db") as (_, writer):
        for at_s, network in ((T0, TETHER), (T0 + 60, ESIM)):
            where = attachment(network, "wwan0")
            batch = Batch(networks={network.key: network})
            batch.bill[Interval(at_s, at_s + 9), where] = bill(9)
            writer.flush(batch, at_s + 9, trusted=True)
    with closing(Terminal("--store", str(tmp_path / "usage.db"))) as terminal:
        terminal.answer("pattern such as wwan*", "wwan*\n")
        question = (
            "wwan0 was on eSIM …4321 Airalo. Shall the plan pay for that, wherever"
        )
        terminal.answer(question, "\n" if is_meant else "n\n")
        terminal.answer('("10 GB", or "unlimited")?', "unlimited\n")
        terminal.answer("or last for N days? [month]", "\n")
        terminal.answer("On which day of the month", "\n")
        terminal.answer("What shall it be called? [wwan]", "\n")
        terminal.answer(f"Write this to {path}? [Y/n]:", "\n")
        assert terminal.end() == 0
    found = load_config(path)
    match = found.plans[0].match
    if is_meant:
        assert (match.iccid, match.interface) == ((ICCID,), None)
        assert (found.networks.metered, found.interfaces.metered) == ((ICCID,), ())
    else:
        assert (match.iccid, match.interface) == (None, ("wwan*",))


@pytest.mark.parametrize(
    ("network", "match"),
    [
        (ESIM, ("iccid", ICCID)),
        (TETHER, ("tether", "usb")),
        (wifi(b"Phone", is_phone=True), ("uuid", wifi(b"").uuid)),
        (wifi(b"Home"), None),
        (CABLE, None),
    ],
)
def test_what_an_interface_was_on_is_known_where_that_costs(
    tmp_path: Path, network: Network, match: tuple[str, str] | None
) -> None:
    store, nothing = tmp_path / "usage.db", tmp_path / "none.db"
    with writing(store) as (_, writer):
        batch = Batch(networks={network.key: network})
        batch.bill[Interval(T0, T0 + 9), attachment(network, "x0")] = bill(9)
        writer.flush(batch, T0 + 9, trusted=True)
    known = last_on([nothing, store], "x*")
    assert (None if known is None else known.match) == match
    assert last_on([store], "y*") is None
    assert last_on([nothing], "x*") is None


@pytest.mark.needs("setsid")
def test_a_wrong_answer_is_explained_and_asked_again(
    terminal: Terminal, path: Path
) -> None:
    terminal.answer("pattern such as wwan*", "99\n")
    terminal.answer("Error: there is no number 99.", "w wan\n")
    terminal.answer("Error: it must be a pattern without blanks", "usb0\n")
    terminal.answer('or "unlimited")?', "much\n")
    terminal.answer('Error: it must be a size, such as "10 GB", or "unlimi', "5 GB\n")
    terminal.answer("[month]", "week\n")
    terminal.answer('Error: "month", or a number of days up to 3660.', "7 days\n")
    terminal.answer("the instant it began", "yesterday\n")
    terminal.answer("Error: it must be a date", "2026-11-20T10:00\n")
    terminal.answer("How much is left now", "6 GB\n")
    terminal.answer("Error: the whole plan has 5 GB.", "\n")
    terminal.answer("What shall it be called? [usb]", "My Plan\n")
    terminal.answer('Error: only a-z, 0-9 and "-", at most 40.', "\n")
    terminal.answer("[Y/n]:", "y\n")
    assert terminal.end() == 0
    (plan,) = load_config(path).plans
    assert (plan.id, plan.valid, plan.starts_on) == (
        *("usb", "7 days", "2026-11-20T10:00"),
    )
    assert plan.remaining is None


@pytest.mark.needs("setsid")
@pytest.mark.parametrize("key", [CTRL_C, CTRL_D])
def test_who_leaves_in_the_middle_leaves_nothing(
    key: str, terminal: Terminal, path: Path
) -> None:
    terminal.answer("pattern such as wwan*", "wwan0\n")
    assert terminal.leave('or "unlimited")?', key) == 130
    assert "Nothing was written." in terminal.shown
    assert _files(path) == []


@pytest.mark.needs("setsid")
@pytest.mark.parametrize(("key", "status"), [(CTRL_C, 130), (CTRL_D, 130), ("n\n", 1)])
def test_nothing_is_written_against_the_persons_will(
    key: str, status: int, path: Path
) -> None:
    with closing(
        Terminal("--interface=wwan0", "--quota=1 GB", "--days=3", "--left=", "--id=x")
    ) as terminal:
        terminal.answer("the instant it began", "\n")
        assert terminal.leave("[Y/n]:", key) == status
    assert "Nothing was written." in terminal.shown
    assert _files(path) == []


OPTIONS = ("--non-interactive", "--interface=nosuch*", "--quota=10 GB")


def _refused(capsys: pytest.CaptureFixture[str], status: int, *options: str) -> str:
    assert main(["setup", *options]) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


def test_options_answer_as_well(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["setup", *OPTIONS, "--every", "month", "--tz", "Europe/Berlin"]) == 0
    (plan,) = load_config(path).plans
    assert (plan.id, plan.billing_day, plan.tz) == ("nosuch", 1, "Europe/Berlin")
    assert plan.remaining is None
    assert capsys.readouterr().out.splitlines() == [
        f"Written: {path}",
        "No interface nosuch* is here now: it counts once there is.",
        "Start counting with: esimmon run",
        "Then: esimmon status",
    ]


def test_a_file_elsewhere_is_named_in_the_next_step(
    tmp_path: Path, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.toml"
    given = [*OPTIONS, "--days=7", "--starts-on=2026-11-20", "--left=1 GB"]
    assert main(["setup", *given, "--output", str(other), "--id", "pk"]) == 0
    (plan,) = load_config(other).plans
    assert (plan.id, plan.valid, plan.starts_on) == ("pk", "7 days", "2026-11-20")
    assert plan.remaining == 10**9
    assert f"esimmon run --config {other}" in capsys.readouterr().out
    assert _files(path) == []


def test_a_daemon_that_runs_is_told_how(
    tmp_path_factory: pytest.TempPathFactory,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    folder = tmp_path_factory.mktemp("d")  # a short path, as sockets want it
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    with daemon_at(folder / "esimmon/esimmon.sock"):
        assert main(["setup", *OPTIONS, "--every=month"]) == 0
    shown = capsys.readouterr().out
    assert f"The daemon learns of it by: kill -HUP {os.getpid()}\n" in shown
    path.unlink()
    places.SYSTEM_STORE.parent.mkdir()
    places.SYSTEM_STORE.touch()
    system = folder / "s.sock"
    monkeypatch.setattr(places, "SYSTEM_SOCKET", system)
    monkeypatch.setattr(setup, "SYSTEM_SOCKET", system)
    with daemon_at(system):
        assert main(["setup", *OPTIONS, "--every=month"]) == 0
    shown = capsys.readouterr().out
    assert "The daemon learns of it by: systemctl reload esimmon" in shown


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_what_is_there_is_never_overwritten(
    kind: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.parent.mkdir()
    if kind == "file":
        path.write_text("# mine\n")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/nowhere")
    for options in ((), (*OPTIONS, "--every=month")):
        message = _refused(capsys, 1, *options)
        assert f"{path} is there already, and is not changed" in message
        assert "plan add" in message
    if kind == "file":
        assert path.read_text() == "# mine\n"
    assert _files(path) == ["config.toml"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--non-interactive"],
            "not known of the plan: --interface, --quota, --billin",
        ),
        ([*OPTIONS], "not known of the plan: --billing-day (or --days)"),
        ([*OPTIONS, "--days=3", "--billing-day=1"], "--days is for a plan without"),
        ([*OPTIONS, "--billing-day=32"], "32 is not in the range 1<=x<=31"),
        ([*OPTIONS, "--days=3", "--tz=Mars"], "Mars"),
        (
            [],
            "no terminal to ask on. Give the answers instead: esimmon setup --non-int",
        ),
    ],
)
def test_a_wrong_call_is_explained(
    options: list[str], sentence: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sentence in _refused(capsys, 2, *options)
    assert _files(path) == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--quota=10"], '.quota = "10": must be a size'),
        (["--left=11 GB"], '.remaining = "11 GB": must be at most the quota'),
        (["--id=My Plan"], 'plan[0].id = "My Plan": must be a name'),
        (["--interface=a b"], "must be a pattern without blanks"),
        (["--starts-on=soon"], "must be a date"),
    ],
)
def test_an_impossible_answer_is_refused_before_anything_is_written(
    options: list[str], sentence: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [*OPTIONS, "--billing-day=1", *options]
    assert sentence in _refused(capsys, 1, *given)
    assert _files(path) == []


def test_a_plan_of_a_file_is_not_written_again(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plans.d").mkdir(mode=0o755)
    (tmp_path / "plans.d/pk.toml").write_text('every = "month"\n')
    given = [*OPTIONS, "--billing-day=1", "--id=pk", f"--store={tmp_path}/usage.db"]
    assert f'pk.toml: the plan "pk" is in {path}, too' in _refused(capsys, 1, *given)
    assert _files(path) == []


def test_a_folder_that_cannot_be_made_is_named(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.parent.write_text("a file is in the way")
    message = _refused(capsys, 1, *OPTIONS, "--every=month")
    assert f"{path}: cannot be written: " in message


def test_where_the_first_configuration_goes() -> None:
    system = places.SYSTEM_CONFIG
    environ = {"XDG_CONFIG_HOME": "/home/me/.config", "HOME": "/home/me"}
    own = Path("/home/me/.config/esimmon/config.toml")
    assert new_config(None, environ, is_root=False) == own
    assert new_config(None, environ, is_root=True) == system
    assert new_config("/x", environ, is_root=True) == Path("/x")
    # Where the system has one, it is in force for all users: it is not hidden.
    system.parent.mkdir()
    system.touch()
    assert new_config(None, environ, is_root=False) == system
