"""What is done on which machine: nothing twice, nothing too much."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.errors import ServiceError
from monitor.service import installing, removing
from monitor.service.finding import File, Found, Session, Unit
from monitor.service.marks import State
from monitor.service.scopes import SYSTEM, own_scope
from monitor.service.steps import Remove, Run, Write, perform

if TYPE_CHECKING:
    from monitor.service.scopes import Scope

CONFIG = Path("/etc/esimmon/config.toml")
OWN = own_scope({"HOME": "/home/alice"}, Path("/run/user/1000/esimmon/esimmon.sock"))
UP = Unit(active="active", is_enabled=True, pid=7)


def found(
    scope: Scope = SYSTEM, state: State = State.AS_WANTED, **more: object
) -> Found:
    """A machine where everything is as it should be, but for what is said."""
    files = tuple(File(target, "text", state) for target in scope.targets)
    return Found(**{"files": files, "unit": UP, **more})  # type: ignore[arg-type]


def names(scope: Scope, there: Found, joins: str = "") -> list[str]:
    """What installing would do."""
    return [step.name for step in installing.steps(scope, there, CONFIG, joins)]


def test_nothing_is_to_be_done_where_all_is_done() -> None:
    assert names(SYSTEM, found()) == []
    assert names(OWN, found(OWN)) == []


def test_an_empty_machine_gets_everything_in_order() -> None:
    there = found(
        state=State.ABSENT,
        unit=Unit(),
        has_user=False,
        has_folder=False,
        has_config=False,
        is_agent_enabled=False,
        sessions=(Session("alice", is_graphical=True), Session("bob", False)),  # noqa: FBT003 - a tuple of two
    )
    writes = [f"write {target.path}" for target in SYSTEM.targets]
    assert names(SYSTEM, there, "alice") == [
        *writes,
        "run systemd-sysusers /etc/sysusers.d/esimmon.conf",
        "run systemd-tmpfiles --create /etc/tmpfiles.d/esimmon.conf",
        f"write {CONFIG}",
        "run usermod --append --groups esimmon alice",
        "run systemctl daemon-reload",
        "run systemctl enable esimmon.service",
        "run systemctl start esimmon.service",
        "run systemctl --global enable esimmon-notify.service",
        "run systemctl --user --machine=alice@ daemon-reload",
        "run systemctl --user --machine=alice@ restart esimmon-notify.service",
        "run systemctl --user --machine=bob@ daemon-reload",
        "run systemctl --user --machine=bob@ try-restart esimmon-notify.service",
    ]


def test_a_newer_program_is_only_started_anew() -> None:
    there = found(is_old=True, relay=UP, sessions=(Session("alice", True),))  # noqa: FBT003 - as above
    assert names(SYSTEM, there) == [
        "run systemctl restart esimmon.service",
        "run systemctl --user --machine=alice@ daemon-reload",
        "run systemctl --user --machine=alice@ restart esimmon-notify.service",
        "run systemctl try-restart esimmon-relay.service",
    ]


def test_a_service_that_gave_up_may_try_again() -> None:
    there = found(unit=Unit(active="failed", is_enabled=True))
    assert names(SYSTEM, there) == [
        "run systemctl reset-failed esimmon.service",
        "run systemctl start esimmon.service",
    ]


def test_a_service_of_ones_own_is_a_unit_and_a_configuration() -> None:
    there = found(OWN, State.ABSENT, unit=Unit(), has_config=False)
    assert names(OWN, there) == [
        "write /home/alice/.config/systemd/user/esimmon.service",
        f"write {CONFIG}",
        "run systemctl --user daemon-reload",
        "run systemctl --user enable esimmon.service",
        "run systemctl --user start esimmon.service",
    ]


def test_files_that_were_changed_by_hand_are_replaced_only_when_told_to() -> None:
    there = found(state=State.CHANGED)
    with pytest.raises(ServiceError, match="changed by hand, and so left alone"):
        installing.check_files(there, overwrites=False)
    installing.check_files(there, overwrites=True)
    first = next(installing.steps(SYSTEM, there, CONFIG))
    assert isinstance(first, Write)
    assert first.is_kept


def test_removing_undoes_installing_and_leaves_what_was_changed() -> None:
    kept, *others = found().files
    there = found(
        files=(kept._replace(state=State.CHANGED), *others),
        relay=UP,
        sessions=(Session("alice", True),),  # noqa: FBT003 - as above
    )
    steps = [step.name for step in removing.steps(SYSTEM, there)]
    assert steps == [
        "run systemctl stop esimmon.service",
        "run systemctl disable esimmon.service",
        "run systemctl disable --now esimmon-relay.service",
        "run systemctl --global disable esimmon-notify.service",
        "run systemctl --user --machine=alice@ stop esimmon-notify.service",
        *(f"remove {file.target.path}" for file in others),
        "run systemctl daemon-reload",
        "run systemctl --user --machine=alice@ daemon-reload",
    ]
    assert removing.left(there) == (kept.target.path,)


def test_removing_what_is_not_there_is_nothing() -> None:
    there = found(state=State.ABSENT, unit=Unit(), is_agent_enabled=False)
    assert list(removing.steps(SYSTEM, there)) == []


def test_a_step_that_fails_says_what_was_done_and_what_it_heard(tmp_path: Path) -> None:
    said: list[str] = []
    steps = (
        Write(tmp_path / "new/file", "text\n"),
        Run(("false",), is_vital=False),
        Run(("sh", "-c", "echo no >&2; exit 3"), asks=("echo", "the journal")),
        Remove(tmp_path / "new/file"),
    )
    with pytest.raises(ServiceError) as caught:
        perform(steps, said.append)
    message = str(caught.value)
    assert "failed: no" in message
    assert f"Done before that: write {tmp_path}/new/file." in message
    assert "    the journal" in said
    assert any("not needed" in line for line in said)
    assert (tmp_path / "new/file").read_text(encoding="utf-8") == "text\n"
    assert (tmp_path / "new/file").stat().st_mode & 0o777 == 0o644


def test_a_command_that_hangs_or_is_not_there_is_given_up() -> None:
    with pytest.raises(ServiceError, match=r"no answer in 0\.2 s"):
        Run(("sleep", "60"), deadline_s=0.2).do()
    with pytest.raises(ServiceError, match="No such file"):
        Run(("esimmon-no-such-program",)).do()


def test_what_is_replaced_against_a_change_is_kept_beside(tmp_path: Path) -> None:
    folder = tmp_path / "units"
    folder.mkdir()
    (folder / "unit").symlink_to("/dev/null")
    Write(folder / "unit", "new\n", is_kept=True).do()
    assert (folder / "unit").read_text(encoding="utf-8") == "new\n"
    assert (folder / "unit.old").readlink() == Path("/dev/null")
    assert {each.name for each in folder.iterdir()} == {"unit", "unit.old"}
