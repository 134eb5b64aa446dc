"""Bytes that stand in one sum, divided among those who moved them, tick by tick.

Pure. The outer bytes of a tunnel are divided among the programs inside it, what was
forwarded to a bridge among the containers behind it. Two readings are never
simultaneous: who moved bytes may be seen a tick before or after the sum they are in. So
a claim waits for some ticks, and what was left over may be claimed for as long: the
rest then takes it back, as a negative part. In each tick parts and rest add up exactly
to the sum, and over time none of them is negative unless the sum is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from monitor.attribution.recent import Recent, Token, Tokens
from monitor.usage import Traffic

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

_K = TypeVar("_K", bound="Hashable")
_P = TypeVar("_P", bound="Hashable")
_C = TypeVar("_C", bound="Hashable")

Limit = Callable[[Mapping[_C, int], Mapping[_C, int]], Mapping[_C, int]]
TRAFFIC: Final = ("rx_bytes", "tx_bytes", "rx_packets", "tx_packets")


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Divide by weights; the parts add up (cumulative floor).

    Args:
        amount: signed.
        weights: not negative; all of it goes to the first where they are zero.

    Returns:
        One part for each weight; none is larger than its weight where the amount is
        not larger than all of them together.
    """
    whole = sum(weights)
    if not whole:
        return [amount, *[0] * (len(weights) - 1)] if weights else []
    marks = [amount * upto // whole for upto in accumulate(weights, initial=0)]
    return [end - start for start, end in pairwise(marks)]


def split_traffic(traffic: Traffic, weights: Sequence[int]) -> list[Traffic]:
    """Divide each of the four numbers by weights; the parts add up.

    Args:
        traffic: signed.
        weights: as for `split`.
    """
    numbers = [split(getattr(traffic, name), weights) for name in TRAFFIC]
    return [Traffic(*each) for each in zip(*numbers, strict=True)]


class _Parts(NamedTuple, Generic[_P, _C]):
    """How one number was divided.

    Attributes:
        paid: by place and claimant; signed.
        rest: by place; signed.
    """

    paid: Counter[tuple[_P, _C]]
    rest: Counter[_P]


class _Number(Generic[_P, _C]):
    """Bytes or packets of one direction, divided tick by tick."""

    def __init__(self) -> None:
        self._owed: Recent[_C] = Recent()
        self._spare: Recent[_P] = Recent()
        self._given: Recent[tuple[_P, _C]] = Recent()
        self._debts: Counter[_P] = Counter()

    def __bool__(self) -> bool:
        return bool(self._owed) or bool(self._spare) or bool(self._given)

    def divide(
        self,
        sums: Mapping[_P, int],
        claims: Mapping[_C, int],
        limit: Limit[_C] | None,
    ) -> _Parts[_P, _C]:
        for recent in (self._owed, self._spare, self._given):
            recent.begin_tick()
        parts: _Parts[_P, _C] = _Parts(Counter(), Counter())
        pools = Counter(sums)
        for claimant, amount in claims.items():
            if amount >= 0:
                self._owed.add(claimant, amount)
            else:
                self._withdraw(claimant, -amount, pools, parts)
        for place in sums:
            self._settle(place, pools, parts)
        wanted: Mapping[_C, int] = self._owed.sums()
        if limit is not None:
            wanted = limit(wanted, self._had())
        self._pay(pools, Counter(wanted), parts)
        return parts

    def _had(self) -> Counter[_C]:
        had: Counter[_C] = Counter()
        for (_, claimant), amount in self._given.sums().items():
            had[claimant] += amount
        return had

    def _withdraw(
        self, claimant: _C, amount: int, pools: Counter[_P], parts: _Parts[_P, _C]
    ) -> None:
        """Bytes turned out to be another's: what was paid for them is free again."""
        amount -= self._owed.take(claimant, amount)
        for place, who in self._given.sums():
            if who == claimant:
                back = self._given.take((place, claimant), amount)
                amount -= back
                parts.paid[place, claimant] -= back
                pools[place] += back

    def _settle(self, place: _P, pools: Counter[_P], parts: _Parts[_P, _C]) -> None:
        """Where a sum shrank, the rest gives back, then who was paid, then nobody."""
        lacking = -pools[place]
        if lacking <= 0:
            back = min(self._debts[place], pools[place])
            self._debts[place] -= back
            parts.rest[place] += back
            pools[place] -= back
            return
        del pools[place]
        back = self._spare.take(place, lacking)
        parts.rest[place] -= back
        lacking -= back
        for where, claimant in self._given.sums():
            if where == place:
                back = self._given.take((place, claimant), lacking)
                parts.paid[place, claimant] -= back
                self._owed.add(claimant, back)
                lacking -= back
        parts.rest[place] -= lacking
        self._debts[place] += lacking

    def _pay(
        self, pools: Counter[_P], left: Counter[_C], parts: _Parts[_P, _C]
    ) -> None:
        """By the sums of this tick, and where they do not do, by what was spare.

        What was spare longest is used first, so that a claim may lag all the time.
        """
        payments = split(min(left.total(), pools.total()), list(pools.values()))
        for (place, pool), payment in zip(pools.items(), payments, strict=True):
            self._pay_at(place, payment, left, parts)
            before = self._spare.take(place, payment)
            self._spare.add(place, pool - payment + before)
            parts.rest[place] += pool - payment
        spare = self._spare.sums() if left.total() else Counter()
        payments = split(min(left.total(), spare.total()), list(spare.values()))
        for place, payment in zip(spare, payments, strict=True):
            self._pay_at(place, payment, left, parts)
            self._spare.take(place, payment)
            parts.rest[place] -= payment

    def _pay_at(
        self, place: _P, payment: int, left: Counter[_C], parts: _Parts[_P, _C]
    ) -> None:
        if not payment:
            return
        each = split(payment, list(left.values()))
        for claimant, part in zip(list(left), each, strict=True):
            self._owed.take(claimant, part)
            self._given.add((place, claimant), part)
            parts.paid[place, claimant] += part
            left[claimant] -= part


@dataclass(frozen=True, slots=True)
class Limits(Generic[_C]):
    """What claimants may have at most; a function each, None for no limit.

    It gets what each claimant waits for and what each has had in the recent ticks, and
    says what each may have now: not more than it waits for.
    """

    rx_bytes: Limit[_C] | None = None
    tx_bytes: Limit[_C] | None = None
    rx_packets: Limit[_C] | None = None
    tx_packets: Limit[_C] | None = None


class Division(NamedTuple, Generic[_P, _C]):
    """How traffic was divided.

    Attributes:
        paid: by place and claimant; signed.
        rest: by place; signed.
    """

    paid: dict[tuple[_P, _C], Traffic]
    rest: dict[_P, Traffic]


class Divider(Generic[_P, _C]):
    """Divides traffic that is known by place among claimants; it remembers both.

    Each number by itself: a claimant who only received gets no part of what was sent.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._places: Tokens[_P] = Tokens()
        self._claimants: Tokens[_C] = Tokens()
        self._numbers: dict[str, _Number[Token[_P], Token[_C]]] = {
            name: _Number() for name in TRAFFIC
        }

    def __bool__(self) -> bool:
        """Whether anything still waits."""
        return any(self._numbers.values())

    def divide(
        self,
        sums: Mapping[_P, Traffic],
        claims: Mapping[_C, Traffic],
        limits: Limits[_C] | None = None,
    ) -> Division[_P, _C]:
        """Divide what one tick moved.

        Args:
            sums: signed, by place.
            claims: signed, by claimant.
            limits: of what each may have.

        Returns:
            Parts and rest of each place, which add up to its sum.
        """
        pools, asked = self._places.of(sums), self._claimants.of(claims)
        found = {
            name: number.divide(
                {place: getattr(sum_, name) for place, sum_ in pools.items()},
                {who: getattr(claim, name) for who, claim in asked.items()},
                _by_token(getattr(limits, name)) if limits else None,
            )
            for name, number in self._numbers.items()
        }
        paid = _together({name: parts.paid for name, parts in found.items()})
        rest = _together({name: parts.rest for name, parts in found.items()})
        return Division(
            {(place.key, who.key): traffic for (place, who), traffic in paid.items()},
            {place.key: traffic for place, traffic in rest.items()},
        )


def _by_token(limit: Limit[_C] | None) -> Limit[Token[_C]] | None:
    """The same limit for tokens of claimants."""
    if limit is None:
        return None

    def limited(
        wanted: Mapping[Token[_C], int], had: Mapping[Token[_C], int]
    ) -> dict[Token[_C], int]:
        allowed = limit(
            {who.key: amount for who, amount in wanted.items()},
            {who.key: amount for who, amount in had.items()},
        )
        return {who: allowed[who.key] for who in wanted}

    return limited


def _together(numbers: Mapping[str, Mapping[_K, int]]) -> dict[_K, Traffic]:
    """Traffic by key from its four numbers; without keys where nothing moved."""
    keys = dict.fromkeys(
        key for each in numbers.values() for key, number in each.items() if number
    )
    return {
        key: Traffic(**{name: each.get(key, 0) for name, each in numbers.items()})
        for key in keys
    }
