"""Files of plans beside the store: read, trusted, changed as a whole."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import tomllib
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from monitor.config import Config, parse_config, plan_writing
from monitor.config.plan_editing import (
    with_bind,
    with_bind_key,
    with_keys,
    with_match,
)
from monitor.config.plan_files import read_plan_files, with_plan_files
from monitor.config.plan_writing import Change, apply, aside, exclusively
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

KARACHI = ZoneInfo("Asia/Karachi")
MONTH = 'every = "month"\n'


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """`plans.d`, empty."""
    made = tmp_path / "plans.d"
    made.mkdir(mode=0o755)
    return made


def _together(directory: Path, config: Config | None = None) -> list[str]:
    found = with_plan_files(
        config or Config(), directory / "config.toml", directory, KARACHI
    )
    return [table.id for table in found.plans]


def _refused(directory: Path, config: Config | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        _together(directory, config)
    return str(caught.value)


def test_plans_of_files_come_after_those_of_the_configuration(directory: Path) -> None:
    assert _together(directory) == []
    (directory / "b.toml").write_text(MONTH)
    (directory / "a.toml").write_text(f'id = "a"\n{MONTH}')
    config = parse_config(f'[[plan]]\nid = "z"\n{MONTH}', "config.toml")
    assert _together(directory, config) == ["z", "a", "b"]


def test_without_a_directory_there_are_no_files(tmp_path: Path) -> None:
    assert read_plan_files(tmp_path / "none", KARACHI) == ()


def test_what_an_editor_left_is_no_plan(directory: Path) -> None:
    for name in ("a.toml~", ".a.toml.swp", "a.toml.removed", ".esimmon-x.toml"):
        (directory / name).write_text("nonsense")
    assert _together(directory) == []


def test_a_plan_in_two_files_names_both(directory: Path) -> None:
    (directory / "a.toml").write_text(MONTH)
    config = parse_config(f'[[plan]]\nid = "a"\n{MONTH}', "config.toml")
    assert _refused(directory, config) == (
        f'{directory}/a.toml: the plan "a" is in {directory}/config.toml, too: remove '
        "one of them."
    )


def test_a_broken_file_is_named_with_its_line(directory: Path) -> None:
    path = directory / "a.toml"
    path.write_text(f"{MONTH}billing_day = 32\n")
    assert _refused(directory) == (
        f"{path}: line 2: billing_day = 32: must be from 1 to 31."
    )
    path.write_text("every = ")
    assert _refused(directory).startswith(f"{path}: not valid TOML: ")
    path.write_text(f'id = "b"\n{MONTH}')
    assert 'must be "a", as the file is called' in _refused(directory)


def test_a_file_of_another_name_is_refused(directory: Path) -> None:
    (directory / "My Plan.toml").write_text(MONTH)
    assert "must be called by the plan's id" in _refused(directory)


def test_a_pattern_of_two_files_names_both_plans(directory: Path) -> None:
    for name in ("a", "b"):
        (directory / f"{name}.toml").write_text(f'{MONTH}match.interface = ["w*"]\n')
    assert _refused(directory) == (
        f"{directory}/b.toml: match.interface of the plan b: must be without w*, which "
        "the plan a matches."
    )


def test_a_file_that_others_may_write_is_not_taken(directory: Path) -> None:
    path = directory / "a.toml"
    path.write_text(MONTH)
    path.chmod(0o646)
    assert _refused(directory).startswith(f"{path}: not taken, since others may write")
    path.chmod(0o644)
    directory.chmod(0o777)
    assert _refused(directory).startswith(f"{directory}: not taken, since others may")


@pytest.mark.needs("root")
def test_a_file_of_another_user_is_not_taken(directory: Path) -> None:
    path = directory / "a.toml"
    path.write_text(MONTH)
    os.chown(path, 65534, 65534)
    assert _refused(directory).startswith(f"{path}: not taken, since others may write")
    # Whose directory it is may write there anyway.
    os.chown(directory.parent, 65534, 65534)
    assert _together(directory) == ["a"]


def test_a_directory_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "plans.d").touch()
    with pytest.raises(ConfigError, match=r"plans\.d: Not a directory"):
        read_plan_files(tmp_path / "plans.d", KARACHI)
    # The store is there no more than its plans.
    assert read_plan_files(tmp_path / "plans.d/deeper/plans.d", KARACHI) == ()


def test_there_is_an_end_to_how_many_plans_there_are(directory: Path) -> None:
    for number in range(201):
        (directory / f"p{number}.toml").touch()
    assert _refused(directory) == f"{directory}: more than 200 plans."


def test_a_link_that_leads_nowhere_is_named(directory: Path) -> None:
    (directory / "a.toml").symlink_to("nowhere")
    assert _refused(directory) == f"{directory}/a.toml: No such file or directory."


def test_a_pipe_is_no_file_of_a_plan(directory: Path) -> None:
    os.mkfifo(directory / "a.toml", 0o644)
    assert "this is not a regular file" in _refused(directory)


def test_changes_are_made_together(directory: Path) -> None:
    first, second = directory / "a.toml", directory / "b.toml"
    second.write_text("old")
    apply(directory, [Change(first, "new"), Change(second, None)])
    assert first.read_text() == "new"
    assert first.stat().st_mode & 0o777 == 0o644
    assert not second.exists()
    assert aside(second).read_text() == "old"
    assert sorted(each.name for each in directory.iterdir()) == [
        *("a.toml", "b.toml.removed"),
    ]


def test_an_error_in_the_middle_takes_back_what_was_done(directory: Path) -> None:
    first, blocked = directory / "a.toml", directory / "b.toml"
    first.write_text("old")
    blocked.mkdir()
    (blocked / "full").touch()
    changes = [Change(first, "new"), Change(directory / "c.toml", "c")]
    with pytest.raises(ConfigError, match=r"plans\.d: plans cannot be written here"):
        apply(directory, [*changes, Change(blocked, "x")])
    assert first.read_text() == "old"
    assert sorted(each.name for each in directory.iterdir()) == ["a.toml", "b.toml"]


def test_nothing_is_changed_when_one_file_cannot_be_read(directory: Path) -> None:
    first = directory / "a.toml"
    with pytest.raises(ConfigError, match="No such file"):
        apply(directory, [Change(first, "new"), Change(directory / "b.toml", None)])
    assert list(directory.iterdir()) == []


def test_a_full_disk_changes_nothing(directory: Path) -> None:
    first = directory / "a.toml"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        with pytest.raises(ConfigError, match="File too large"):
            apply(directory, [Change(first, "x"), Change(first, "x" * 100)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(directory.iterdir()) == []


def test_two_commands_do_not_change_plans_at_a_time(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_writing, "_PATIENCE_S", 0.1)
    other = os.open(directory, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    with (
        pytest.raises(ConfigError, match="another command is changing plans"),
        exclusively(directory),
    ):
        pass
    os.close(other)
    with exclusively(directory):
        pass


def test_the_directory_is_made_so_that_the_service_can_read_it(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with exclusively(tmp_path / "plans.d"):
            apply(tmp_path / "plans.d", [Change(tmp_path / "plans.d/a.toml", "x")])
    finally:
        os.umask(before)
    assert (tmp_path / "plans.d").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "plans.d/a.toml").stat().st_mode & 0o777 == 0o644


COMMENTED = """\
# what I bought
quota = "5 GB"   # at the airport
every = "month"

[match]  # where
interface = ["wwan0"]
"""


def test_keys_are_set_and_comments_stay() -> None:
    text = with_keys(COMMENTED, "f", {"quota": "6 GB", "tz": "UTC", "every": None})
    assert text == (
        '# what I bought\nquota = "6 GB"   # at the airport\ntz = "UTC"\n\n'
        '[match]  # where\ninterface = ["wwan0"]\n'
    )


def test_a_key_of_a_file_without_others_is_set() -> None:
    text = with_keys("[match]\ninterface = []\n", "f", {"quota": "6 GB"})
    assert text.startswith('quota = "6 GB"\n')
    assert with_keys("", "f", {"zones": ["PK"]}) == 'zones = ["PK"]\n'


@pytest.mark.parametrize("before", [COMMENTED, "bind = [{interface = 'a'}]\n", ""])
def test_a_binding_is_added_and_ended(before: str) -> None:
    text = with_bind(before, "f", {"interface": "wwan0", "from": "2026-01-01"})
    text = with_bind_key(text, "f", -1, ("to", "2026-01-02"))
    assert 'interface = "wwan0"' in text
    assert "2026-01-02" in text
    for comment in (line for line in before.splitlines() if "#" in line):
        assert comment in text


def test_a_change_that_cannot_be_made_is_said() -> None:
    with pytest.raises(ConfigError, match="f: is written in a way"):
        with_bind_key('bind = [{interface = "a"}]', "f", 0, ("to", object()))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "before",
    [
        COMMENTED,
        "",
        "match = {}\n",
        "match.interface = ['a']\n",
        'quota = "1 GB"\n[[topup]]\nsize = "1 GB"\n',
    ],
)
def test_a_network_is_added_once_and_what_was_there_stays(before: str) -> None:
    was = tomllib.loads(before)
    match = was.get("match", {})
    once = with_match(before, "f", "uuid", "aa")
    assert tomllib.loads(once) == was | {"match": match | {"uuid": ["aa"]}}
    twice = with_match(once, "f", "uuid", "bb")
    assert tomllib.loads(twice)["match"]["uuid"] == ["aa", "bb"]
    assert with_match(twice, "f", "uuid", "aa") == twice
    for comment in (line for line in before.splitlines() if "#" in line):
        assert comment in twice


def test_a_match_that_is_no_table_is_not_guessed_at() -> None:
    for text in ("match = 7\n", "match.uuid = 7\n"):
        with pytest.raises(ConfigError, match="f: is written in a way"):
            with_match(text, "f", "uuid", "bb")
