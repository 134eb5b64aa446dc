"""What a user has seen stays seen, and only one agent shows it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.errors import AgentRunningError
from monitor.notifiers.memory import Memory, memory_path

SOCKET = Path("/run/esimmon/esimmon.sock")


def test_what_was_seen_outlives_the_agent(tmp_path: Path) -> None:
    path = tmp_path / "state" / "notify.json"
    with Memory(path) as memory:
        assert "one" not in memory
        memory.add("one")
        memory.add("two\udcff")
    with Memory(path) as memory:
        assert "one" in memory
        assert "two\udcff" in memory


def test_a_second_agent_of_the_same_user_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notify.json"
    with Memory(path), pytest.raises(AgentRunningError, match="runs already"):
        Memory(path)
    Memory(path).close()


@pytest.mark.parametrize("content", ["", '["one"', "7", '{"one": 1}', "\x00"])
def test_a_file_that_makes_no_sense_is_begun_anew(tmp_path: Path, content: str) -> None:
    path = tmp_path / "notify.json"
    path.write_text(content)
    with Memory(path) as memory:
        assert "one" not in memory
        memory.add("one")
    assert json.loads(path.read_text()) == ["one"]


def test_the_oldest_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "notify.json"
    with Memory(path) as memory:
        for number in range(300):
            memory.add(f"alert {number}")
        assert "alert 99" not in memory
        assert "alert 100" in memory
    assert len(json.loads(path.read_text())) == 200


def test_where_nothing_can_be_kept_it_is_said_and_the_agent_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    with Memory(tmp_path / "file" / "notify.json") as memory:
        memory.add("one")
        assert "one" in memory
    assert "may be shown again" in caplog.text


def test_each_daemon_has_a_file_of_its_own_in_the_users_state(tmp_path: Path) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    path = memory_path(SOCKET, environ)
    assert path.parent == tmp_path / "esimmon"
    assert memory_path(Path("/run/user/1/esimmon.sock"), environ) != path
    relative = memory_path(SOCKET, {"XDG_STATE_HOME": "nonsense"})
    assert relative.parent == Path.home() / ".local/state/esimmon"
