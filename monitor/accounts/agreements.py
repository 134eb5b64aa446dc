"""Which plans there are: by the configuration, and as the store keeps them.

The daemon writes its plans into the store, so that commands need no configuration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.config.contracts import plans_of
from monitor.errors import StoreError
from monitor.escapes import visible
from monitor.plans.agreement import Agreement, AgreementError, agreement_of
from monitor.plans.writing import canonical
from monitor.store import agreed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from monitor.config import Config
    from monitor.config.contracts import Configured
    from monitor.store.engine import Store


def kept(store: Store) -> tuple[Agreement, ...]:
    """The plans that a daemon had when it wrote the store.

    Args:
        store: open.

    Returns:
        In the order of their configuration.

    Raises:
        StoreError: one of them cannot be read.
    """
    found = []
    for terms in agreed.terms(store):
        try:
            found.append(agreement_of(terms.body))
        except AgreementError as error:
            raise StoreError(
                f'{store.path}: what is kept of the plan "{visible(terms.plan)}" '
                f"cannot be read: {visible(str(error))}. Restart `esimmon run`.",
                reason="refused",
            ) from error
    return tuple(sorted(found, key=lambda each: each.position))


def configured(config: Config, machine: ZoneInfo) -> tuple[Agreement, ...]:
    """The plans that a configuration describes.

    Args:
        config: checked values.
        machine: the machine's time zone, for plans without one of their own.
    """
    return agreements_of(plans_of(config.plans, machine))


def agreements_of(plans: Iterable[Configured]) -> tuple[Agreement, ...]:
    """Plans of a configuration with all that belongs to them.

    Args:
        plans: in the order of the configuration.
    """
    return tuple(
        Agreement(
            plan=each.plan,
            position=position,
            members=each.members,
            binds=each.bindings.binds,
            patterns=tuple(wide.pattern for wide in each.bindings.wides),
            matches=each.bindings.matches,
            entries=each.entries,
        )
        for position, each in enumerate(plans)
    )


def keep(store: Store, plans: Iterable[Agreement], at_s: int) -> list[str]:
    """Write down which plans there are, for commands without a configuration.

    Args:
        store: open for writing.
        plans: all of them.
        at_s: UTC second now.

    Returns:
        Those that changed.

    Raises:
        StoreError: nothing was written.
    """
    return agreed.put_terms(
        store, {each.plan.id: canonical(each) for each in plans}, at_s
    )
