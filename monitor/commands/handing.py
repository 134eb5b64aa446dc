"""Handing what is to be written to who writes: the daemon, or without one the command.

A running daemon is the only writer of its store.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

from monitor.config import SYSTEM_STORE
from monitor.daemon.control import call
from monitor.errors import EsimmonError, RejectedError, StoreBusyError
from monitor.store.engine import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from monitor.store.engine import Store

_R = TypeVar("_R")

_ANSWER_S: Final = 10.0  # the daemon flushes, and replays the plan's history
_PATIENCE_S: Final = 5.0  # another command holds the store for a fraction of that
_POLL_S: Final = 0.05


def hand_over(
    socket: Path,
    method: str,
    params: Mapping[str, Any],
    unknown: str,
    wait_s: float = _ANSWER_S,
) -> dict[str, Any]:
    """Let a running daemon write.

    Args:
        socket: where it listens.
        method: the call that writes.
        params: what is to be written.
        unknown: the sentence where nobody knows whether it did.
        wait_s: how long it may take.

    Returns:
        What it answers.

    Raises:
        RejectedError: it says no, and why.
        EsimmonError: it did not answer.
    """
    answer = call(socket, method, params, wait_s)
    if answer is not None and answer.refusal:
        raise RejectedError(answer.refusal)
    if answer is None or answer.result is None:
        raise EsimmonError(unknown)
    return answer.result


@contextmanager
def without_daemon(store: Path) -> Iterator[None]:
    """Say how to stop a daemon, where one writes what a command has to write itself.

    Args:
        store: the database.

    Raises:
        StoreBusyError: one does.
    """
    try:
        yield
    except StoreBusyError as error:
        stop = "sudo systemctl stop esimmon" if store == SYSTEM_STORE else "Ctrl-C"
        raise StoreBusyError(
            f"{error} A daemon that counts must be stopped first ({stop}); nothing was "
            "changed."
        ) from error


def start_again(store: Path) -> str:
    """What to type to count on.

    Args:
        store: the database.
    """
    return "sudo systemctl start esimmon" if store == SYSTEM_STORE else "esimmon run"


def write_here(path: Path, write: Callable[[Store], _R]) -> _R:
    """Write without a daemon; another command has the store for a moment only.

    Args:
        path: the database.
        write: called with the store open for writing.

    Returns:
        What it returns.

    Raises:
        StoreBusyError: somebody else writes it all the time.
        EsimmonError: it could not be written.
    """
    waited_s = 0.0
    while True:
        try:
            with open_store(path, writable=True) as store:
                return write(store)
        except StoreBusyError:
            if waited_s >= _PATIENCE_S:
                raise
            time.sleep(_POLL_S)
            waited_s += _POLL_S
