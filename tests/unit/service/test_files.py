"""The files of the service: for any place of the program, and known when changed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from monitor.errors import ServiceError
from monitor.service.finding import _file
from monitor.service.marks import State, judge, marked
from monitor.service.scopes import SYSTEM, Target, own_scope
from monitor.service.shipped import quoted, shipped_text, text_for

SOURCE = Path(__file__).parents[3] / "systemd"
TARGETS = (*SYSTEM.targets, *own_scope({"HOME": "/h"}, Path("/s")).targets)
ODD = "/srv/50% off für €/esimmon"


def test_every_file_of_the_folder_is_installed_by_someone() -> None:
    assert {target.name for target in TARGETS} == {
        path.name for path in SOURCE.iterdir()
    }


@pytest.mark.parametrize("name", [target.name for target in TARGETS])
def test_a_file_differs_from_its_source_only_by_the_program(name: str) -> None:
    text = text_for(name, Path("/srv/x/esimmon"))
    assert text.replace("/srv/x/esimmon", "/opt/esimmon/bin/esimmon") == shipped_text(
        name
    )
    assert shipped_text(name) == (SOURCE / name).read_text(encoding="utf-8")


@pytest.mark.needs("systemd-analyze", "kill")
def test_systemd_understands_an_odd_place_of_the_program(tmp_path: Path) -> None:
    program = tmp_path / ODD[1:]
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    unit = tmp_path / "esimmon.service"
    unit.write_text(text_for("esimmon.service", program), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_plain_path_is_written_plainly() -> None:
    assert quoted(Path("/opt/a-2.0/bin/esimmon")) == "/opt/a-2.0/bin/esimmon"
    assert quoted(Path(ODD)) == '"/srv/50%% off für €/esimmon"'


@pytest.mark.parametrize(
    "odd", ["\n", "$HOME", '"', "'", "\\", "`id`", "\x1b", "\udcff"]
)
def test_a_path_that_could_mean_something_else_is_refused(odd: str) -> None:
    with pytest.raises(ServiceError, match="cannot name such a path"):
        quoted(Path(f"/srv/{odd}/esimmon"))


def test_what_was_written_is_known_again_until_somebody_changes_it(
    tmp_path: Path,
) -> None:
    path, text = tmp_path / "unit", marked("[Unit]\n")
    assert judge(path, text) is State.ABSENT
    path.write_text(text, encoding="utf-8")
    assert judge(path, text) is State.AS_WANTED
    assert judge(path) is State.INTACT
    assert judge(path, marked("[Unit]\nof a later version\n")) is State.INTACT
    path.write_text(f"{text}# mine\n", encoding="utf-8")
    assert judge(path, text) is State.CHANGED


def test_a_copy_by_hand_of_the_shipped_file_is_nobodys_change(tmp_path: Path) -> None:
    path, shipped = tmp_path / "unit", "[Unit]\n"
    path.write_text(shipped, encoding="utf-8")
    assert judge(path, marked(shipped), shipped) is State.INTACT
    assert judge(path, marked(shipped)) is State.CHANGED


def test_what_a_package_brought_is_not_shadowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packaged = tmp_path / "usr/esimmon.service"
    monkeypatch.setattr(Target, "packaged", packaged)
    target = Target("esimmon.service", tmp_path / "etc/esimmon.service")
    program = Path("/usr/bin/esimmon")
    assert _file(target, program).state is State.ABSENT
    packaged.parent.mkdir()
    packaged.write_text(text_for(target.name, program), encoding="utf-8")
    assert _file(target, program).state is State.AS_WANTED
    assert _file(target, Path("/opt/esimmon/bin/esimmon")).state is State.ABSENT


def test_files_of_packages_are_where_systemd_looks_last() -> None:
    found = {target.name: str(target.packaged) for target in SYSTEM.targets}
    assert found["esimmon.service"] == "/usr/lib/systemd/system/esimmon.service"
    assert found["esimmon.sysusers.conf"] == "/usr/lib/sysusers.d/esimmon.conf"


@pytest.mark.parametrize("target", ["/dev/null", "nowhere", "file"])
def test_a_link_is_somebodys_work_wherever_it_leads(
    tmp_path: Path, target: str
) -> None:
    """`systemctl mask` makes one to /dev/null."""
    (tmp_path / "file").write_text(marked(""), encoding="utf-8")
    (tmp_path / "unit").symlink_to(target)
    assert judge(tmp_path / "unit") is State.CHANGED


def test_bytes_and_folders_in_the_place_of_a_file_are_changes(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\x00" * 100)
    (tmp_path / "folder").mkdir()
    assert judge(tmp_path / "bytes") is State.CHANGED
    assert judge(tmp_path / "folder") is State.CHANGED
