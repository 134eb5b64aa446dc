"""A socket that answers like a daemon's, in a thread of the test's own process."""

from __future__ import annotations

import os
import selectors
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from monitor.daemon.control import Access, Control, Method

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@contextmanager
def daemon_at(
    socket: Path, more: Mapping[str, dict[str, object]] | None = None
) -> Iterator[None]:
    """Answer `status` with the process id of the test.

    Args:
        socket: where.
        more: what it answers to other methods.
    """
    answers: dict[str, dict[str, object]] = {"status": {"pid": os.getpid()}}
    answers |= more or {}
    methods = {name: _answering(answer) for name, answer in answers.items()}
    stop = threading.Event()
    selector = selectors.DefaultSelector()
    socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    control = Control(socket, methods, selector)

    def loop() -> None:
        while not stop.is_set():
            for key, _ in selector.select(0.02):
                key.data()

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        control.close()
        selector.close()


def _answering(answer: dict[str, object]) -> Method:
    return Method(Access.ANYBODY, lambda _: answer)
