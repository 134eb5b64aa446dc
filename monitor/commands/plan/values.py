"""What people write after a verb: sizes, countries, times."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Final

import click
import msgspec

from monitor.errors import UsageError
from monitor.plans.countries import mobile_codes
from monitor.plans.localtime import second_of
from monitor.plans.values import LARGEST_BYTES, Bytes, Mcc, Minute, Name, Second, decode
from monitor.units import parse_size

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_HOUR = re.compile(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_LOCAL = re.compile(_DATE.pattern + r"[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2})?", re.ASCII)
MOMENTS: Final = "10:40, 2026-11-20, 2026-11-20T10:40 or 2026-11-20T10:40Z"


class Size(click.ParamType[Bytes]):
    """A size such as "1.5 GB"; whole bytes."""

    name = "size"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Bytes:
        """Read it."""
        size_bytes = value if isinstance(value, int) else parse_size(str(value))
        if size_bytes is None or not 0 < size_bytes <= LARGEST_BYTES:
            self.fail(f'"{value}" is no size; write it as "1.5 GB".', param, ctx)
        return Bytes(size_bytes)


class SizeOrNothing(Size):
    """The same, and 0."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Bytes:
        """Read it."""
        if str(value).strip() == "0" or parse_size(str(value)) == 0:
            return Bytes(0)
        return super().convert(value, param, ctx)


class Named(click.ParamType[Name]):
    """The name of a plan, lot, member or entry."""

    name = "name"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Name:
        """Check it."""
        try:
            return msgspec.convert(value, Name, dec_hook=decode)
        except msgspec.ValidationError as error:
            self.fail(f"must be {error}.", param, ctx)


class Country(click.ParamType[tuple[Mcc, ...]]):
    """A country as PK or as mobile country code: its codes."""

    name = "country"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Mcc, ...]:
        """Find its codes."""
        if isinstance(value, tuple):
            return value
        text = str(value)
        codes = (text,) if text.isdigit() else mobile_codes(text)
        try:
            found = msgspec.convert(codes, tuple[Mcc, ...], dec_hook=decode)
        except msgspec.ValidationError:
            found = ()
        if not found:
            self.fail(
                f'"{value}" is no country; write it as PK, or as its mobile country '
                "code, such as 410.",
                param,
                ctx,
            )
        return found


class Daytime(click.ParamType[tuple[Minute, Minute]]):
    """A window of the day such as "22:00-06:00"."""

    name = "from-to"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Minute, Minute]:
        """Read both ends."""
        if isinstance(value, tuple):
            return value
        begin, _, end = str(value).partition("-")
        try:
            return msgspec.convert(
                (begin.strip(), end.strip()), tuple[Minute, Minute], dec_hook=decode
            )
        except msgspec.ValidationError:
            self.fail(f'"{value}" is no window; write it as "22:00-06:00".', param, ctx)


SIZE = Size()
NAMED = Named()
COUNTRY = Country()


def moment_of(text: str, option: str, zone: ZoneInfo, now_s: int) -> Second:
    """When a person means.

    Args:
        text: a time of today, a day (its beginning), both, or an instant with offset.
        option: which option said so, for the message.
        zone: the plan's: of what has no offset.
        now_s: UTC second now.

    Returns:
        The instant.

    Raises:
        UsageError: not understood.
    """
    try:
        return Second(_moment(text.strip(), zone, now_s))
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f'{option} "{text}" is not understood. Write {MOMENTS}; without an offset '
            f"it is meant in {zone.key}."
        ) from error


def _moment(text: str, zone: ZoneInfo, now_s: int) -> int:
    if _HOUR.fullmatch(text):
        today = datetime.fromtimestamp(now_s, zone).date()
        return second_of(datetime.combine(today, _time(text)), zone)
    if _DATE.fullmatch(text):
        return second_of(datetime.combine(date.fromisoformat(text), time()), zone)
    if _LOCAL.fullmatch(text):
        return second_of(datetime.fromisoformat(text.upper()), zone)
    return msgspec.convert(text, Second, dec_hook=decode)


def _time(text: str) -> time:
    return time.fromisoformat(text if text[1] != ":" else f"0{text}")
