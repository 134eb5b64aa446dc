"""What every test of one module can rely on: the system's daemon is none of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor.config import places

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _own_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with folders of its own for the system's daemon; there are none yet."""
    monkeypatch.setattr(places, "SYSTEM_CONFIG", tmp_path / "etc/config.toml")
    monkeypatch.setattr(places, "SYSTEM_STORE", tmp_path / "lib/usage.db")
    monkeypatch.setattr(places, "SYSTEM_SOCKET", tmp_path / "run/esimmon.sock")
    monkeypatch.setattr(places, "SYSTEM_ADDRESSES", tmp_path / "etc/push")
