"""A socket that answers like a daemon's, in a thread of the test's own process."""

from __future__ import annotations

import os
import selectors
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from monitor.daemon.control import Access, Control, Method

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import Any

    Said = dict[str, Any]


@contextmanager
def daemon_at(
    socket: Path, more: Mapping[str, Said | Callable[..., Said]] | None = None
) -> Iterator[None]:
    """Answer `status` with the process id of the test.

    Args:
        socket: where.
        more: what it answers to other methods, or what makes it of their parameters.
    """
    answers: dict[str, Said | Callable[..., Said]] = {"status": {"pid": os.getpid()}}
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


def _answering(answer: Said | Callable[..., Said]) -> Method:
    if callable(answer):
        return Method(Access.ANYBODY, answer)
    return Method(Access.ANYBODY, lambda _: answer)
