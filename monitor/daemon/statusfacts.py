"""What the status file holds: plans, alerts, networks, rates, who moved most."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from monitor.accounts.planfacts import plan_facts
from monitor.networks.facts import network_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.counting.sampler import Sampler
    from monitor.daemon.planbook import PlanBook
    from monitor.daemon.telling import Telling

_MOST_APPLICATIONS: Final = 3


def status_facts(
    book: PlanBook,
    sampler: Sampler,
    telling: Telling,
    labels: Mapping[str, str],
) -> dict[str, Any]:
    """Write how things stand after the last tick, whose time must be known.

    Args:
        book: the plans.
        sampler: what is attached, and how fast it moves.
        telling: the alerts that hold, and who moved most.
        labels: what people call networks, by key.

    Returns:
        Values for JSON, for `statusfile.document`.
    """
    now_s = sampler.placement.second(sampler.boottime_ns)
    attached = sampler.here.attached.values()
    plan_of = partial(book.plan_of, at_s=now_s)
    paid = {at.device: plan_of(at) for at in attached if at.billed}
    return {
        "plans": [
            plan_facts(
                each.agreement,
                each.seen,
                now_s,
                {name for name, payer in paid.items() if payer == each.seen.plan.id},
            )
            for each in book.plans
        ],
        "alerts": telling.pending()["alerts"],
        "devices": sorted(paid),
        "networks": network_facts(
            sampler.here.carrying, sampler.here.networks, labels, plan_of
        ),
        "rate": sampler.live.rates,
        "last_hour": [
            {"application": name, "bytes": moved_bytes}
            for name, moved_bytes in telling.lately.largest(_MOST_APPLICATIONS)
        ],
    }
