"""What the tests of collectors share: a bus."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.desktop.stack import session_bus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A bus on which nobody is."""
    with session_bus(tmp_path) as bus:
        yield bus.environ["DBUS_SESSION_BUS_ADDRESS"]
