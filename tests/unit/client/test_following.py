"""Who follows a daemon that refuses hears what it said."""

from __future__ import annotations

import logging
import os
import selectors
import threading
from typing import TYPE_CHECKING, Any

import pytest

from monitor.client.following import follow
from monitor.daemon.control import Access, Control, Method

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping
    from pathlib import Path


class Nobody:
    """Is told nothing."""

    def take(self, content: Mapping[str, Any]) -> None:
        """Would take an answer."""
        raise AssertionError(content)

    def look(self, link: socket.socket) -> None:
        """Has nothing to do."""

    def wait_s(self) -> float | None:
        """Waits for the daemon alone."""
        return None


def refuse(_: Mapping[str, Any]) -> dict[str, Any]:
    """Say no."""
    raise ValueError("only on\x1b[31m Sundays")


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("live", "only on\\x1b[31m Sundays; trying again"),
        ("unheard-of", "the daemon is of another version and does not know this"),
    ],
)
def test_a_refusal_is_logged_in_the_daemons_words(
    method: str, said: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    selector = selectors.DefaultSelector()
    path = tmp_path / "esimmon.sock"
    methods = {"live": Method(Access.ANYBODY, refuse, is_followed=True)}
    control = Control(path, methods, selector)
    ended, end = os.pipe()
    caplog.set_level(logging.WARNING)
    thread = threading.Thread(target=follow, args=(path, method, Nobody(), ended))
    thread.start()
    try:
        for _ in range(3000):
            for key, _ in selector.select(0.02):
                key.data()
            if said in caplog.text:
                break
        assert said in caplog.text
    finally:
        os.write(end, b".")
        while thread.is_alive():
            for key, _ in selector.select(0.02):
                key.data()
        thread.join()
        control.close()
        selector.close()
        os.close(ended)
        os.close(end)
    assert caplog.text.count("trying again") == 1
