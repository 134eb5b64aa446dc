"""Which program a service may start: seen by its user, changed by root alone."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.errors import ServiceError
from monitor.service import program
from monitor.service.program import Program, newest_change_s, refusal, this_program

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of root's that everybody may enter, and that counts as no hidden one."""
    monkeypatch.setattr(program, "_HIDDEN", ("/home",))
    with tempfile.TemporaryDirectory(prefix="esimmon-program-") as name:
        made = Path(name) / "bin"
        made.parent.chmod(0o755)
        made.mkdir(mode=0o755)
        (made / "esimmon").write_text("#!/bin/sh\n", encoding="ascii")
        (made / "esimmon").chmod(0o755)
        yield made / "esimmon"


def judged(path: Path, *parts: Path) -> str:
    """Why it may not be started."""
    return refusal(Program(path, parts))


@pytest.mark.parametrize(
    "path",
    [
        "/home/alice/.venv/bin/esimmon",
        "/root/venv/bin/esimmon",
        "/tmp/x/bin/esimmon",  # noqa: S108 - nothing is made there
        "/var/tmp/esimmon",  # noqa: S108 - as above
        "/run/user/1000/esimmon",
    ],
)
def test_what_the_unit_hides_is_refused_with_the_way_out(path: str) -> None:
    said = judged(Path(path))
    assert said.startswith(f"{path}: the service cannot see what is below /")
    assert "-m venv --clear /opt/esimmon && sudo /opt/esimmon/bin/pip install" in said
    assert said.endswith("esimmon service install")


@pytest.mark.needs("root")
def test_a_program_of_root_in_a_folder_of_root_may_be_started(place: Path) -> None:
    assert judged(place) == ""


@pytest.mark.needs("root")
def test_an_interpreter_in_a_home_hides_the_whole_program(place: Path) -> None:
    """A virtual environment of pyenv's Python, say."""
    said = judged(place, Path("/home/alice/.pyenv/bin/python3.11"))
    assert "cannot see what is below /home" in said


@pytest.mark.needs("root")
def test_whoever_may_change_the_program_would_have_its_capabilities(
    place: Path,
) -> None:
    os.chown(place.parent, 4242, -1)
    assert "belongs to 4242, who could change what runs" in judged(place)
    os.chown(place.parent, 0, 0)
    place.chmod(0o777)
    assert "others than root may write there" in judged(place)
    place.chmod(0o755)
    os.chown(place.parent, 0, 4242)
    place.parent.chmod(0o775)
    assert f"sudo chmod go-w {place.parent}" in judged(place)


@pytest.mark.needs("root")
def test_a_program_that_is_closed_to_the_services_user_is_refused(place: Path) -> None:
    place.parent.chmod(0o700)
    assert f"sudo chmod -R go+rX {place.parent}" in judged(place)
    place.parent.chmod(0o755)
    place.chmod(0o744)
    assert "is closed to the service's user" in judged(place)


def test_a_link_is_followed_to_the_program(tmp_path: Path) -> None:
    real = tmp_path / "opt/esimmon"
    real.parent.mkdir()
    real.touch(mode=0o755)
    link = tmp_path / "esimmon"
    link.symlink_to(real)
    assert this_program(str(link)).path == real


def test_called_as_a_module_it_is_the_program_beside_that_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python3"))
    with pytest.raises(ServiceError, match="no program that a service could start"):
        this_program("/x/monitor/__main__.py")
    (tmp_path / "esimmon").touch(mode=0o755)
    assert this_program("/x/monitor/__main__.py").path == tmp_path / "esimmon"


def test_a_file_that_was_put_there_later_makes_the_program_newer(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.py").touch()
    before_s = newest_change_s([tmp_path])
    (tmp_path / "b.py").touch()
    os.utime(tmp_path / "b.py", (1, 1))  # as an archive has it
    assert newest_change_s([tmp_path]) > before_s
    assert newest_change_s([]) == 0
