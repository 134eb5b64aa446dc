"""What the daemon answers on its socket."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol

from monitor import __version__, choosing
from monitor.control import CALLER, Access, Method
from monitor.errors import ConfigError, UsageError
from monitor.users import user_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from monitor.config import Config
    from monitor.recorder import Recorder
    from monitor.store.engine import Store
    from monitor.tiers import Tier
    from monitor.watch import Watch


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


class Answers:
    """The daemon's methods.

    Attributes:
        methods: by name.
    """

    def __init__(self, daemon: Asked) -> None:
        """Answer for a daemon."""
        self._daemon = daemon
        self.methods = {
            "status": Method(Access.ANYBODY, self._status),
            "live": Method(Access.GROUP, self._live),
            "flush": Method(Access.GROUP, self._flush),
            "plans.changed": Method(Access.GROUP, self._changed),
            "alerts.pending": Method(Access.ANYBODY, self._pending, is_followed=True),
            "alerts.shown": Method(Access.ANYBODY, self._shown),
            "networks.bind": Method(Access.GROUP, self._bind),
            "ledger.append": Method(Access.GROUP, self._append, names_caller=True),
            "networks.name": Method(Access.GROUP, self._name),
        }

    def _status(self, _: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "version": __version__,
            "pid": os.getpid(),
            "tier": self._daemon.tier.name,
            "store": str(self._daemon.setup.store),
        }

    def _live(self, _: Mapping[str, Any]) -> dict[str, Any]:
        return self._daemon.recorder.sampler.live.answer()

    def _flush(self, _: Mapping[str, Any]) -> dict[str, Any]:
        """Bring the store up to this moment, for a reader that is about to look."""
        return {"flushed": self._daemon.recorder.settle()}

    def _changed(self, _: Mapping[str, Any]) -> dict[str, Any]:
        """Take files of plans that were changed; says so when they are broken."""
        return {"refused": self._daemon.reload()}

    def _pending(self, given: Mapping[str, Any]) -> dict[str, Any]:
        return self._daemon.watch.telling.pending(given)

    def _shown(self, given: Mapping[str, Any]) -> dict[str, Any]:
        return self._daemon.watch.telling.shown(given)

    def _append(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Note what happened in the life of a plan, judged on all that was counted."""
        self._flush({})
        noted = self._daemon.watch.note(given.get("entry"), user_name(given[CALLER]))
        self._daemon.call()
        return noted

    def _name(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Call a network something; one that was just met is known as well."""
        key, label = given.get("key"), given.get("label")
        if not isinstance(key, str) or not isinstance(label, str):
            raise UsageError("networks.name wants a key and a label, both texts")
        self._flush({})
        return {"key": key, "label": self._daemon.watch.labels.put(key, label)}

    def _bind(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Let a plan pay for a network, as a click on an alert asks."""
        network, plan_id = (str(given.get(name)) for name in ("network", "plan"))
        setup, store = self._daemon.setup, self._daemon.store
        present = self._daemon.recorder.sampler.here.networks
        meant = choosing.find(store, present, network)
        told = choosing.bind(setup.store, setup.load_config(), meant, plan_id)
        refused = self._daemon.reload()
        if refused is not None:
            raise ConfigError(refused)
        return {"told": told}
