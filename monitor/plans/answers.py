"""Cases to answers as JSON has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.plans import machine
from monitor.plans.asks import AskClock, AskCounters, AskParseSize
from monitor.plans.cases import case_of
from monitor.plans.refusals import RefusedError

if TYPE_CHECKING:
    from monitor.plans.machine import Facts


def answer(found: object) -> Facts:
    """Answer one case.

    Args:
        found: the case as JSON gives it.

    Returns:
        The answer, for JSON.

    Raises:
        RefusedError: it cannot be answered: what is wrong, where, what is allowed.
    """
    case = case_of(found)
    match case.ask:
        case AskParseSize() as ask:
            return machine.sizes(ask)
        case AskCounters():
            return machine.counter_deltas(case)
        case AskClock():
            return machine.clock_places(case)
        case _:
            raise RefusedError("ask.what: is not answered by this version.")
