"""The questions of `esimmon setup`; each answer is checked at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

import click

from monitor import clock
from monitor.config import Answers
from monitor.config.first import plan_id_of
from monitor.config.plans import PLAN_ID
from monitor.config.values import UNLIMITED, Moment, Pattern, Quota, Size, decode
from monitor.errors import UsageError
from monitor.escapes import visible
from monitor.units import parse_size
from monitor.views.periods import find_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from zoneinfo import ZoneInfo

    from monitor.commands.met_before import Known
    from monitor.config import Candidate

_Answer = TypeVar("_Answer")
_LAST_DAY = 31
_MOST_DAYS = 3660
_NAMELESS = "localtime"  # a zone that has a file, but no name


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What is known of the plan: first from options, then from the dialogue.

    Attributes:
        interfaces: patterns; empty for not known.
        network: key and value of the network that is meant, and not the interfaces.
        quota: a size or "unlimited".
        billing_day: of a monthly plan.
        days: how long the plan lasts, once.
        starts_on: a date or an instant.
        left: what the carrier says is left; empty when the person does not know.
        plan_id: name of the plan.
        tz: name of its time zone; None for the machine's.
    """

    interfaces: tuple[str, ...]
    quota: str | None
    billing_day: int | None
    days: int | None
    starts_on: str | None
    left: str | None
    plan_id: str | None
    tz: str | None
    network: tuple[str, str] | None = None

    @property
    def zone(self) -> ZoneInfo:
        """Whose days are meant.

        Raises:
            UsageError: there is no such zone.
        """
        return find_zone(self.tz)

    def now(self) -> datetime:
        """Local time of the plan in whole seconds."""
        return datetime.fromtimestamp(clock.now_s(), self.zone)

    def answers(self) -> Answers:
        """All that a configuration needs.

        Returns:
            Answers; with a plan of days, one that begins today unless that is known.

        Raises:
            UsageError: something is not known.
        """
        known = {
            "--interface": self.interfaces,
            "--quota": self.quota,
            "--billing-day (or --days)": self.billing_day or self.days,
        }
        missing = [name for name, value in known.items() if not value]
        if missing:
            raise UsageError(f"not known of the plan: {', '.join(missing)}.")
        starts_on, key = self.starts_on, self.zone.key
        if self.days is not None and not starts_on:
            starts_on = self.now().date().isoformat()
        return Answers(
            plan_id=self.plan_id or plan_id_of(self.interfaces[0]),
            interfaces=self.interfaces,
            network=self.network,
            quota=self.quota or UNLIMITED,
            billing_day=self.billing_day,
            days=self.days,
            starts_on=starts_on or "",
            tz="" if key == _NAMELESS else key,
            left=self.left or "",
            as_of=self.now().isoformat() if self.left else "",
        )


def ask(
    given: Given,
    found: Sequence[Candidate],
    last_on: Callable[[str], Known | None],
) -> Given:
    """Ask for what is not known.

    Args:
        given: what the options said.
        found: interfaces, likeliest first.
        last_on: the network that an interface was on last.

    Returns:
        Everything that `Given.answers` needs.

    Raises:
        Abort: the person pressed Ctrl-C or Ctrl-D.
    """
    if not given.interfaces:
        pattern = _ask_interface(found)
        network = _ask_network(pattern, last_on(pattern))
        given = replace(given, interfaces=(pattern,), network=network)
    if given.quota is None:
        question = '\nHow much data does the plan have ("10 GB", or "unlimited")?'
        given = replace(given, quota=_prompt(question, _of(Quota)))
    given = _ask_time(given)
    if given.left is None and given.quota != UNLIMITED:
        question = "\nHow much is left now, as the carrier's app says (Enter: skip)?"
        left = _prompt(question, _left_of(given.quota or ""), default="")
        given = replace(given, left=left)
    if given.plan_id is None:
        guess = plan_id_of(given.interfaces[0])
        name = _prompt("\nWhat shall it be called?", _plan_id, default=guess)
        given = replace(given, plan_id=name)
    return given


def _ask_interface(found: Sequence[Candidate]) -> str:
    click.echo("\nWhich network does the plan pay for?")
    for number, candidate in enumerate(found, start=1):
        click.echo(f"  {number}  {candidate.name:<12} {candidate.about}")
    question = "Its number, its name, or a pattern such as wwan*?"

    def check(text: str) -> str:
        if text.isdecimal():
            if not 1 <= int(text) <= len(found):
                raise click.BadParameter(f"there is no number {text}.")
            return found[int(text) - 1].pattern
        return _of(Pattern)(text)

    return _prompt(question, check, default="1" if found else None)


def _ask_network(pattern: str, known: Known | None) -> tuple[str, str] | None:
    """Whether what an interface was on is meant, wherever that is met."""
    if known is None:
        return None
    question = (
        f"{visible(known.device)} was on {known.name}. Shall the plan pay for that, "
        f"wherever it is, and not for all on {pattern}?"
    )
    return known.match if click.confirm(question, default=True) else None


def _ask_time(given: Given) -> Given:
    if given.billing_day is None and given.days is None:
        question = '\nDoes it start anew each month ("month"), or last for N days?'
        days = _prompt(question, _days, default="month")
        given = replace(given, days=days)
    if given.days is None:
        if given.billing_day is None:
            question = f"On which day of the month (1 to {_LAST_DAY})?"
            day = _prompt(question, _day_of_month, default="1")
            given = replace(given, billing_day=day)
    elif given.starts_on is None:
        today = given.now().date().isoformat()
        question = 'First day, or the instant it began ("2026-11-20T10:00")?'
        start = _prompt(question, _of(Moment), default=today)
        given = replace(given, starts_on=start)
    return given


def _prompt(
    question: str, check: Callable[[str], _Answer], *, default: str | None = None
) -> _Answer:
    """Ask until the answer passes its check; an empty default is not shown."""
    answer: _Answer = click.prompt(
        question,
        default=default,
        show_default=bool(default),
        prompt_suffix=" ",
        value_proc=check,
    )
    return answer


def _of(kind: type) -> Callable[[str], str]:
    """A check that the configuration takes an answer."""

    def check(text: str) -> str:
        try:
            decode(kind, text.strip())
        except ValueError as error:
            # In the file it is in quotes; here it is not.
            allowed = str(error).replace(" in quotes", "")
            raise click.BadParameter(f"it must be {allowed}.") from error
        return text.strip()

    return check


def _left_of(quota: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        left = _of(Size)(text) if text.strip() else ""
        if (parse_size(left) or 0) > (parse_size(quota) or 0):
            raise click.BadParameter(f"the whole plan has {quota}.")
        return left

    return check


def _days(text: str) -> int | None:
    number = text.strip().lower().removesuffix("days").removesuffix("day").strip()
    if number in ("month", "m"):
        return None
    if not (number.isdecimal() and 1 <= int(number) <= _MOST_DAYS):
        raise click.BadParameter(f'"month", or a number of days up to {_MOST_DAYS}.')
    return int(number)


def _day_of_month(text: str) -> int:
    if not (text.strip().isdecimal() and 1 <= int(text) <= _LAST_DAY):
        raise click.BadParameter(f"a day from 1 to {_LAST_DAY}.")
    return int(text)


def _plan_id(text: str) -> str:
    if not PLAN_ID.fullmatch(text):
        raise click.BadParameter('only a-z, 0-9 and "-", at most 40.')
    return text
