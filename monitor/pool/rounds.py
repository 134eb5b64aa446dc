"""Round after round in a thread of its own, whatever happens to daemon and folder."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, Final

from monitor import clock
from monitor.client.calling import call
from monitor.config import pool_folder
from monitor.errors import EsimmonError, PoolError, RejectedError
from monitor.escapes import visible
from monitor.pool.carrying import Carrier

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from monitor.config import Pool
    from monitor.pool.carrying import Carried

_ANSWER_S: Final = 30.0  # the daemon flushes, and sums up what it counted
_RETRY_S: Final = 30
_LONGEST_RETRY_S: Final = 600
_MOST_DOUBLED: Final = 8
_MOST_SAID: Final = 1000

log = logging.getLogger("esimmon")


class Asking:
    """Asks a running daemon by its socket."""

    def __init__(self, find_socket: Callable[[], Path]) -> None:
        """Prepare.

        Args:
            find_socket: where it answers now; it may be started later.
        """
        self._find_socket = find_socket

    def __call__(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Ask; see `carrying.Ask`."""
        path = self._find_socket()
        answer = call(path, method, params, _ANSWER_S)
        if answer is not None and answer.refusal:
            raise RejectedError(answer.refusal)
        if answer is None or answer.result is None:
            raise PoolError(f"{path}: no daemon answers there.")
        return answer.result


def carrier_for(pool: Pool, find_socket: Callable[[], Path]) -> Carrier:
    """What carries as the configuration says.

    Args:
        pool: with a folder.
        find_socket: where the daemon answers now.
    """
    bound_bytes = pool.metered_per_hour_bytes
    return Carrier(Asking(find_socket), pool_folder(pool), bound_bytes, clock.now_s)


class Rounds:
    """Rounds without end.

    What goes wrong is said once, until it goes well again; then it is tried again,
    less and less often, and never less often than a round is due.
    """

    def __init__(self, carrier: Carrier, every_s: int) -> None:
        """Prepare.

        Args:
            carrier: does one.
            every_s: seconds between two.
        """
        self._carrier = carrier
        self._every_s = every_s
        self._failures = 0
        self._said: set[str] = set()

    def start(self) -> None:
        """Begin, in a thread that does not keep the process from ending."""
        threading.Thread(target=self._run, name="pool", daemon=True).start()

    def _run(self) -> None:
        waiting = threading.Event()
        while not waiting.wait(self.once()):
            pass

    def once(self) -> int:
        """Do one round.

        Returns:
            After how many seconds the next is due.
        """
        try:
            done = self._carrier.carry()
        except EsimmonError as error:
            return self._failed(str(error))
        except Exception as error:  # noqa: BLE001 - one round must not end the others
            return self._failed(f"{type(error).__name__}: {error}")
        if self._failures:
            log.warning("the pool works again")
        self._failures = 0
        self._tell(done)
        return self._every_s

    def _failed(self, why: str) -> int:
        pause_s = min(_RETRY_S << self._failures, _LONGEST_RETRY_S, self._every_s)
        self._failures = min(self._failures + 1, _MOST_DOUBLED)
        self._say(f"the pool: {why} Trying again.")
        return pause_s

    def _tell(self, done: Carried) -> None:
        """Say each finding once, as long as it holds."""
        sentences = {f"the pool: {each}" for each in done.findings[:_MOST_SAID]}
        if done.waits:
            sentences.add(
                "the pool: what is new waits, since this network is metered and "
                "metered_per_hour of [pool] is used up"
            )
        self._said &= sentences
        for each in sorted(sentences):
            self._say(each)

    def _say(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            log.warning("%s", visible(sentence))
