"""What the tests of looking share."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def dead_socket(tmp_path: Path) -> Path:
    """A socket on which nobody listens, as a killed daemon leaves it."""
    path = tmp_path / "run" / "esimmon.sock"
    path.parent.mkdir()
    with closing(socket.socket(socket.AF_UNIX)) as link:
        link.bind(str(path))
    return path
