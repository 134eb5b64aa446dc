"""Alerts to addresses of Apprise: here web hooks of a server of the test's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor.alerts.model import DATA_LIMIT, DATA_WARNING, WIFI_IN_RANGE
from monitor.errors import ConfigError, NotShownError
from monitor.notifiers.manners import Urgency
from monitor.notifiers.notice import Notice
from monitor.notifiers.push import (
    Address,
    Push,
    find_addresses,
    read_addresses,
)
from tests.hook import SECRET, Hook, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def hook() -> Iterator[Hook]:
    """One of them."""
    with serving() as made:
        yield made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of addresses that only its owner may read."""
    made = tmp_path / "addresses"
    made.touch(mode=0o600)
    return made


def push(file: Path, *hooks: Hook) -> Push:
    """A way to them."""
    file.write_text("\n".join(hook.url for hook in hooks), encoding="utf-8")
    return Push(read_addresses(file), file)


def test_a_message_arrives_as_it_is(file: Path, hook: Hook) -> None:
    title, body = "Plan <b>pk</b>: 80 %", "2 & 3\n\x1b[31mnext line"
    assert push(file, hook).show(Notice(title, body)) == "json"
    (got,) = hook.got
    assert (got["title"], got["message"]) == (title, body)


def test_who_has_it_does_not_get_it_again_because_another_one_refused(
    file: Path, hook: Hook
) -> None:
    with serving() as other:
        other.status = 500
        way = push(file, hook, other)
        for _ in range(2):
            with pytest.raises(NotShownError) as refused:
                way.show(Notice("title", "body"))
            assert str(refused.value) == "not taken by json (line 2)"
        other.status = 200
        way.show(Notice("title", "body"))
        assert len(hook.got) == len(other.got) == 1
        way.show(Notice("title", "body"))  # another alert with the same words
        assert len(hook.got) == 2


def test_an_address_is_never_shown(
    file: Path, hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    way = push(file, hook)
    hook.status = 500
    with pytest.raises(NotShownError) as refused:
        way.show(Notice("title", "body"))
    assert SECRET not in str(refused.value) + caplog.text


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no address"),
        ("# only a comment\n\n", "no address"),
        (f"# fine\n{SECRET}\n", ":2: must be an address of Apprise"),
        (f"ntfy://{SECRET}\n://{SECRET}", ":2: must be an address of Apprise"),
        ("json://h\n" * 51, "more than 50 addresses"),
        ("#" * 70_000, "larger than 65536 bytes"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_without_a_secret(
    file: Path, text: str, complaint: str
) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        read_addresses(file)
    assert str(file) in str(refused.value)
    assert complaint in str(refused.value)
    assert SECRET not in str(refused.value)


def test_an_address_that_apprise_does_not_know_is_refused(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"addresses:3: .*nosuch") as refused:
        Push((Address(f"nosuch://{SECRET}", "nosuch", 3),), file)
    assert SECRET not in str(refused.value)


def test_a_file_that_others_may_read_is_refused(file: Path) -> None:
    file.write_text("json://host", encoding="utf-8")
    file.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        read_addresses(file)


def test_a_missing_file_is_named(file: Path) -> None:
    file.unlink()
    with pytest.raises(ConfigError, match="addresses: cannot be read: No such file"):
        read_addresses(file)


def test_a_service_gets_its_addresses_as_a_credential(tmp_path: Path) -> None:
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert find_addresses("", environ) is None
    (tmp_path / "push").touch()
    assert find_addresses("", environ) == tmp_path / "push"


@pytest.mark.parametrize(
    ("kind", "urgency", "shown_as"),
    [
        (WIFI_IN_RANGE, None, "info"),
        (DATA_WARNING, None, "warning"),
        (DATA_LIMIT, None, "failure"),
        (DATA_LIMIT, Urgency.LOW, "info"),
        (DATA_WARNING, Urgency.CRITICAL, "failure"),
    ],
)
def test_how_loud_it_is_goes_with_it(
    file: Path, hook: Hook, kind: str, urgency: Urgency | None, shown_as: str
) -> None:
    push(file, hook).show(Notice("title", "body", kind, urgency=urgency))
    (got,) = hook.got
    assert got["type"] == shown_as
