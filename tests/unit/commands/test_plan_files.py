"""`esimmon plan add` and the other commands that change files of plans."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.cli import main
from monitor.client import statusfile
from monitor.client.statusfile import status_path
from monitor.config import places
from tests.unit.commands.listening import daemon_at
from tests.unit.standings import document

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., str]

ROOT = Path(__file__).parents[3]
ADD_PK = (
    *("add", "pk", "--size", "5GB", "--days", "7", "--from", "2025-06-10T11:00"),
    *("--tz", "Asia/Karachi", "--countries", "410,pk", "--remind", "72h,24h"),
)
ADD_CN = ("add", "cn", "--size", "20GB", "--every", "month", "--tz", "Asia/Shanghai")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a person's store and configuration are."""
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    (tmp_path / "config.toml").touch()
    return tmp_path


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Call a plan command; its output, or what it complains of."""

    def call(*words: str, status: int = 0) -> str:
        own = ["--config", f"{home}/config.toml", "--store", f"{home}/usage.db"]
        assert main(["plan", *words, *own]) == status
        captured = capsys.readouterr()
        return captured.err if status else captured.out

    return call


def _files(home: Path) -> dict[str, str]:
    return {each.name: each.read_text() for each in (home / "plans.d").glob("*")}


def test_a_plan_is_written_down_and_bound(home: Path, run: Run) -> None:
    """The first of the user stories."""
    assert run(*ADD_CN, "--bind", "wwan0") == (
        "cn: 20.00 GB, day 1 of the month, Asia/Shanghai. On wwan0.\n"
    )
    assert run(*ADD_PK) == (
        "pk: 5.00 GB, 10 Jun 2025 11:00 - 17 Jun 2025 11:00 PKT (14:00 CST). Not "
        "bound yet: esimmon plan bind pk wwan0\n"
    )
    assert run("bind", "pk", "wwan0", "--from", "2025-06-10T11:00") == (
        "wwan0: cn until 10 Jun 2025 11:00 PKT (14:00 CST), pk from then on. The "
        "sample across the switch will be split.\n"
    )
    assert _files(home)["pk.toml"] == (
        "# A plan of esimmon; all keys: config.example.toml, [[plan]]. Change it "
        "here,\n"
        "# or with: esimmon plan edit pk\n"
        'id = "pk"\nquota = "5GB"\nvalid = "7 days"\nstarts_on = "2025-06-10T11:00"\n'
        'tz = "Asia/Karachi"\nzones = ["410", "pk"]\nremind = ["72h", "24h"]\n'
        '[[bind]]\ninterface = "wwan0"\nfrom = "2025-06-10T11:00:00+05:00"\n'
    )
    shown = run("list")
    assert shown.splitlines()[1].split()[:3] == ["pk", "5.00", "GB"]
    assert "wwan0 from 10 Jun 2025 11:00 PKT (14:00 CST)" in shown


def test_who_paid_so_far_gets_an_end(home: Path, run: Run) -> None:
    run(*ADD_CN)
    run("bind", "cn", "wwan0")
    run(*ADD_PK)
    told = run("bind", "pk", "wwan0", "--from", "2025-06-10T11:00")
    assert told.startswith("wwan0: cn until 10 Jun 2025 11:00 PKT (14:00 CST), pk from")
    assert 'to = "2025-06-10T14:00:00+08:00"' in _files(home)["cn.toml"]


def test_a_binding_with_an_end_gives_the_interface_back(home: Path, run: Run) -> None:
    run(*ADD_CN)
    run("bind", "cn", "wwan0")
    run(*ADD_PK)
    told = run(
        *("bind", "pk", "wwan0", "--from", "2025-06-10T11:00", "--to", "2025-06-17"),
    )
    assert "pk until 17 Jun 2025 00:00 PKT (03:00 CST), cn from then on." in told
    assert _files(home)["cn.toml"].count("[[bind]]") == 2


def test_a_trial_changes_nothing(home: Path, run: Run) -> None:
    assert 'quota = "20GB"' in run(*ADD_CN, "--dry-run")
    assert not (home / "plans.d").exists()
    run(*ADD_CN)
    run(*ADD_PK)
    before = _files(home)
    run("bind", "pk", "wwan0", "--dry-run")
    assert 'quota = "1GB"' in run("edit", "pk", "--size", "1GB", "--dry-run")
    assert "would be removed" in run("remove", "pk", "--dry-run")
    assert _files(home) == before


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("add", "a", "--size", "1GB"), 2, "how long does it last? Give --days N, or"),
        (("add", "A b", "--days", "1"), 2, "cannot be a plan's name"),
        (("add", "../x", "--days", "1"), 2, "cannot be a plan's name"),
        (("add", "a", "--days", "1", "--valid", "1 h"), 2, "say the same"),
        (("add", "a", "--days", "1", "--tz", "Mars"), 1, 'tz = "Mars": must be the n'),
        (("add", "a", "--days", "1", "--size", "0 GB"), 1, "must be a size in quotes"),
        (("add", "a", "--days", "1", "--zones", "XX"), 1, "must be a country"),
        (("add", "a", "--days", "1", "--warn", "a"), 1, 'warn_pct[0] = "a": must be a'),
        (("add", "a", "--days", "1", "--after", "bill"), 1, "block: must be a size su"),
        (("edit", "a", "--size", "1GB"), 1, 'no plan is called "a". There is none yet'),
        (("remove", "a", "--yes"), 1, 'no plan is called "a"'),
        (("bind", "a", "wwan0"), 1, 'no plan is called "a"'),
        (("bind", "a", "wwan*"), 2, '"wwan*" is a pattern: write it under [match]'),
        (("import", "/nowhere.toml"), 1, "/nowhere.toml: No such file or directory"),
    ],
)
def test_a_call_that_makes_no_sense_is_explained(
    words: tuple[str, ...], status: int, sentence: str, home: Path, run: Run
) -> None:
    assert sentence in run(*words, status=status)
    assert not list(home.glob("plans.d/*"))


def test_a_plan_is_not_written_twice(home: Path, run: Run) -> None:
    run(*ADD_CN)
    assert (
        f"is there already: {home}/plans.d/cn.toml. To change it: esimmon plan ed"
        in (run(*ADD_CN, status=1))
    )


@pytest.mark.parametrize(
    "words", [("edit", "old", "--size", "1GB"), ("remove", "old"), ("bind", "old", "a")]
)
def test_what_a_person_wrote_into_the_configuration_is_left_alone(
    words: tuple[str, ...], home: Path, run: Run
) -> None:
    config = home / "config.toml"
    config.write_text('# mine\n[[plan]]\nid = "old"\nevery = "month"\n')
    assert run(*words, status=1) == (
        f'esimmon: {config}: line 2: the plan "old" is in the configuration file, '
        "which commands do not change: edit it there, then `esimmon config check`.\n"
    )
    assert f"is there already: {config}" in run("add", "old", "--days=1", status=1)


def test_keys_are_changed_without_an_editor(home: Path, run: Run) -> None:
    run(*ADD_PK)
    path = home / "plans.d/pk.toml"
    path.write_text(path.read_text().replace("zones", "# mine\ncountries"))
    told = run("edit", "pk", "--size", "6GB", "--zones", "CN", "--unset", "remind")
    assert told.startswith("pk: 6.00 GB, ")
    text = path.read_text()
    assert "# mine\n" in text
    assert 'zones = ["CN"]' in text
    assert "countries" not in text
    assert "remind" not in text
    assert run("edit", "pk", "--size", "6GB") == "pk: nothing was changed.\n"
    assert "must be" in run("edit", "pk", "--tz", "Mars", status=1)
    assert path.read_text() == text


def test_an_editor_needs_a_terminal(home: Path, run: Run) -> None:
    run(*ADD_PK)
    sentence = run("edit", "pk", status=2)
    assert f"change {home}/plans.d/pk.toml yourself and run: esimmon config" in sentence


KILLED_AT = """
import os, sys
left = int(sys.argv.pop(1))
def count(event, _):
    global left
    left -= event == "os.rename"
    if left < 0:
        os._exit(9)
sys.addaudithook(count)
from monitor.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(("done", "status"), [(0, 9), (1, 9), (2, 0)])
def test_a_crash_between_two_files_leaves_plans_that_go_together(
    done: int, status: int, home: Path, run: Run
) -> None:
    run(*ADD_CN)
    run("bind", "cn", "wwan0")
    run(*ADD_PK)
    before = _files(home)
    own = ("--config", f"{home}/config.toml", "--store", f"{home}/usage.db")
    bind = ("bind", "pk", "wwan0", "--from", "2025-06-10T11:00")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_AT, str(done), "plan", *bind, *own],
        cwd=ROOT,
        check=False,
        capture_output=True,
    )
    assert killed.returncode == status
    after = _files(home)
    changed = [name for name in sorted(before) if after[name] != before[name]]
    assert changed == ["cn.toml", "pk.toml"][:done]
    run("list")
    # Once more, and it is as it was meant.
    if status:
        run(*bind)
    assert "to = " in _files(home)["cn.toml"]
    assert "from = " in _files(home)["pk.toml"]


@pytest.mark.needs("setsid")
def test_what_an_editor_wrote_is_checked_before_it_counts(home: Path, run: Run) -> None:
    run(*ADD_PK)
    editor = home / "editor"
    editor.write_text('#!/bin/sh\nsed -i "s/^quota.*/quota = 7/" "$1"\n')
    editor.chmod(0o755)
    before = _files(home)
    status, shown = _on_a_terminal(home, editor, "n\n")
    assert status == 1
    assert "quota = 7: must be a size in quotes" in shown
    assert _files(home) == before
    editor.write_text('#!/bin/sh\nsed -i "s/^quota.*/quota = \\"8GB\\"/" "$1"\n')
    status, shown = _on_a_terminal(home, editor, "")
    assert status == 0
    assert "pk: 8.00 GB" in shown
    assert 'quota = "8GB"' in _files(home)["pk.toml"]
    editor.write_text("#!/bin/sh\n")
    status, shown = _on_a_terminal(home, editor, "")
    assert (status, shown) == (0, "pk: nothing was changed.\r\n")


@pytest.mark.needs("setsid")
def test_who_is_asked_may_say_no(home: Path, run: Run) -> None:
    run(*ADD_PK)
    status, shown = _on_a_terminal(home, home, "n\n", "remove")
    assert status == 1
    assert "pk: nothing was removed." in shown
    assert sorted(_files(home)) == ["pk.toml"]


def _on_a_terminal(
    home: Path, editor: Path, answer: str, verb: str = "edit"
) -> tuple[int, str]:
    ours, theirs = os.openpty()
    own = ("--config", f"{home}/config.toml", "--store", f"{home}/usage.db")
    process = subprocess.Popen(
        [
            *("setsid", "--ctty", "--wait", sys.executable, "-m", "monitor"),
            *("plan", verb, "pk", *own),
        ],
        cwd=ROOT,
        env=os.environ | {"VISUAL": str(editor)},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    os.write(ours, answer.encode())
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:
            break
        shown += part
        if not part:
            break
    os.close(ours)
    return process.wait(30), shown.decode()


def test_a_removed_plan_comes_back(home: Path, run: Run) -> None:
    run(*ADD_PK)
    before = _files(home)
    told = run("remove", "pk", "--yes")
    kept = home / "plans.d/pk.toml.removed"
    assert told == (
        "pk: removed. Its ledger and what was counted stay. To undo: esimmon plan "
        f"import {kept}\n"
    )
    assert run("list") == "No plan yet. Write one down with: esimmon plan add\n"
    run("import", str(kept))
    assert _files(home) == before | {"pk.toml.removed": before["pk.toml"]}


def test_a_broken_file_can_be_removed_and_mended(home: Path, run: Run) -> None:
    run(*ADD_PK)
    path = home / "plans.d/pk.toml"
    path.write_text(path.read_text().replace("5GB", "0GB"))
    assert f"{path}: line 4: quota = " in run("list", status=1)
    assert run("edit", "pk", "--size", "5GB").startswith("pk: 5.00 GB")
    path.write_text("nonsense")
    assert "removed" in run("remove", "pk", "--yes")


FIELD = """\
[[plan]]
id = "field"
quota = "3 GB"
every = "month"
billing_day = 31
tz = "Asia/Kathmandu"
[[plan.bucket]]
id = "night"
bytes = "10 GB"
scope = {windows = ["22:00-06:00"]}
[[plan]]
id = "spare"
quota = "1 GB"
valid = "30 days"
starts_on = "first_use"
tz = "UTC"
"""


def test_several_plans_are_taken_from_one_file(home: Path, run: Run) -> None:
    """The twelfth of the user stories."""
    file = home / "field-plan.toml"
    file.write_text(FIELD)
    assert run("import", str(file)) == (
        "field: 3.00 GB, day 31 of the month (shorter months: last day), "
        "Asia/Kathmandu. night 22:00-06:00: 10.00 GB extra.\n"
        "spare: 1.00 GB, 30 days from first use, UTC.\n"
    )
    assert sorted(_files(home)) == ["field.toml", "spare.toml"]
    assert "field: is there already, just so." in run("import", str(file))
    file.write_text(FIELD.replace("3 GB", "4 GB"))
    assert 'another plan "field" is there already' in run("import", str(file), status=1)
    assert "field: 4.00 GB" in run("import", str(file), "--replace")


def test_of_a_file_with_one_mistake_nothing_is_taken(home: Path, run: Run) -> None:
    file = home / "field-plan.toml"
    file.write_text(FIELD.replace('"first_use"', '"first"'))
    assert f"{file}: line 15: plan.spare.starts_on" in run(
        "import", str(file), status=1
    )
    file.write_text("")
    assert "there is no plan in it" in run("import", str(file), status=1)
    assert _files(home) == {}


def test_an_imported_plan_that_clashes_changes_nothing(home: Path, run: Run) -> None:
    run(*ADD_CN, "--bind", "wwan*")
    before = _files(home)
    file = home / "field-plan.toml"
    file.write_text(FIELD + 'match.interface = ["wwan*"]\n')
    assert "without wwan*, which the plan cn matches" in run(
        "import", str(file), status=1
    )
    assert _files(home) == before


def test_programs_read_the_list(home: Path, run: Run) -> None:
    run(*ADD_CN, "--iccid", "8986 0000 0000 0000 4321", "--bind", "usb0")
    found = json.loads(run("list", "--format", "json"))
    assert found["version"] == 1
    (plan,) = found["plans"]
    assert plan["file"] == f"{home}/plans.d/cn.toml"
    assert plan["interfaces"] == ["usb0"]
    assert plan["status"] is None
    # Whole in the file, and short wherever it is shown.
    assert plan["terms"]["iccid"] == "8986…4321"
    assert "SIM 8986…4321" in run("list")
    assert "8986 0000 0000 0000 4321" in _files(home)["cn.toml"]


def test_what_the_daemon_says_is_shown_beside_the_terms(home: Path, run: Run) -> None:
    run("add", "wwan", "--size", "5GB", "--every", "month", "--bind", "wwan*")
    socket = places.control_socket(
        home / "usage.db", os.environ, is_root=os.geteuid() == 0, explicit=True
    )
    path = status_path(socket)
    Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        statusfile.write(path, document() | {"store": f"{home}/usage.db"})
        assert run("list").endswith("wwan*  active  used 100 MB  left 4.90 GB\n")
        # Of another store's daemon nothing is said.
        statusfile.write(path, document() | {"store": "/elsewhere/usage.db"})
        assert run("list").endswith("wwan*\n")
    finally:
        statusfile.remove(path)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--from", "soon"), '--from "soon" is not understood. Write 10:40,'),
        (("--from", "2025-06-10", "--to", "2025-06-10"), "--to must be after --from."),
    ],
)
def test_times_of_a_binding_are_checked(
    words: tuple[str, ...], sentence: str, run: Run
) -> None:
    run(*ADD_PK)
    assert sentence in run("bind", "pk", "wwan0", *words, status=2)


def test_a_new_plan_takes_over_from_now_on(run: Run) -> None:
    run(*ADD_CN, "--bind", "wwan*")
    run("add", "trip", "--days", "3", "--from", "first_use")
    told = run("bind", "trip", "wwan0")
    assert told.startswith("wwan0: cn until ")
    assert "trip from then on." in told
    assert "usb9: trip at all times." in run("bind", "trip", "usb9", "--dry-run")


def test_a_daemon_that_refuses_is_heard(home: Path, run: Run) -> None:
    socket = places.control_socket(
        home / "usage.db", os.environ, is_root=os.geteuid() == 0, explicit=True
    )
    with daemon_at(socket, {"plans.changed": {"refused": "a: b"}}):
        assert run(*ADD_CN, status=1) == (
            "esimmon: written, but the running daemon goes on with the plans that it "
            "had: a: b\n"
        )
    assert sorted(_files(home)) == ["cn.toml"]
