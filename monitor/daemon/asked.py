"""The daemon as those see it who answer for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from monitor.config import Config
    from monitor.daemon.recorder import Recorder
    from monitor.daemon.watch import Watch
    from monitor.store.engine import Store
    from monitor.tiers import Tier


class Settings(Protocol):
    """What a daemon was started with."""

    @property
    def store(self) -> Path:
        """The database."""

    @property
    def load_config(self) -> Callable[[], Config]:
        """Reads the configuration, with the files of plans."""


class Asked(Protocol):
    """The daemon, as far as answers need it; complete when the first is asked for."""

    store: Store
    tier: Tier
    watch: Watch
    recorder: Recorder

    @property
    def setup(self) -> Settings:
        """What it was started with."""

    def reload(self) -> str | None:
        """Take the configuration anew, unless it is broken; say why not."""

    def call(self) -> None:
        """Look at the plans once the answer is given."""
