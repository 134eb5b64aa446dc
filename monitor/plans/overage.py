"""What comes after the lots: the tier of the next byte, and what it all costs."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.plans.offers import Tier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BLOCK: Final = Tier(behavior="block")
"""Without tiers, and past the last one."""
_CENT: Final = Decimal("0.01")
_DIGITS: Final = 100
"""Exact for 10^18 blocks at the longest price and tax that can be written."""


class Bill(NamedTuple):
    """What overage costs.

    Attributes:
        blocks: billed, each begun one whole.
        cost: money as text with two places.
    """

    blocks: int = 0
    cost: str = "0.00"


def tier_of(tiers: Sequence[Tier], overage_bytes: int) -> Tier:
    """The tier of the next byte.

    Args:
        tiers: ascending.
        overage_bytes: since the start of the cycle.

    Returns:
        One of them, or `BLOCK`.
    """
    for tier in tiers:
        if tier.upto_bytes is None or overage_bytes < tier.upto_bytes:
            return tier
    return BLOCK


def bill(tiers: Sequence[Tier], overage_bytes: int) -> Bill:
    """Add up blocks and costs of all tiers.

    Args:
        tiers: ascending.
        overage_bytes: since the start of the cycle.

    Returns:
        The costs, rounded once, half up.
    """
    if not overage_bytes:
        return Bill()
    blocks = 0
    with localcontext(prec=_DIGITS):
        cost = Decimal(0)
        for tier, within_bytes in _filled(tiers, overage_bytes):
            if tier.behavior == "bill" and tier.block_bytes:
                billed = -(-within_bytes // tier.block_bytes)
                blocks += billed
                cost += _cost(tier, billed)
        return Bill(blocks, str(cost.quantize(_CENT, ROUND_HALF_UP)))


def _filled(tiers: Sequence[Tier], overage_bytes: int) -> Iterator[tuple[Tier, int]]:
    begin_bytes = 0
    for tier in tiers:
        end_bytes = overage_bytes
        if tier.upto_bytes is not None:
            end_bytes = min(overage_bytes, tier.upto_bytes)
        yield tier, max(0, end_bytes - begin_bytes)
        begin_bytes = max(begin_bytes, end_bytes)


def _cost(tier: Tier, blocks: int) -> Decimal:
    cost = blocks * tier.price * (100 + tier.tax_pct) / 100
    return cost if tier.max_cost is None else min(cost, tier.max_cost)
