"""What a lot or a cap is good for: a scope made ready to be asked often."""

from __future__ import annotations

import re
from fnmatch import translate
from typing import TYPE_CHECKING, NamedTuple

from monitor.plans.localtime import NEVER
from monitor.plans.windows import Openings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from zoneinfo import ZoneInfo

    from monitor.plans.offers import Scope


class Who(NamedTuple):
    """Whose bytes they are, and where; None is unknown or nobody.

    Attributes:
        app: the application.
        tethered: for a machine behind this one.
        member: whose.
        mcc: the country.
    """

    app: str | None = None
    tethered: bool | None = None
    member: str | None = None
    mcc: str | None = None


def patterns(of: Iterable[str]) -> Callable[[str], object]:
    """Match names of applications with shell patterns, case-sensitive.

    Args:
        of: the patterns; none match nothing.

    Returns:
        A function that is true for names that match.
    """
    return re.compile("|".join(map(translate, of)) or r"(?!)").match


class Reach:
    """A scope, compiled.

    Attributes:
        keys: how many things it asks for; 0 is no scope.
        openings: its windows; None is always.
    """

    __slots__ = ("_apps", "_scope", "keys", "openings")

    def __init__(self, scope: Scope, zone: ZoneInfo) -> None:
        """Take the scope and whose clocks its windows mean."""
        given = (scope.windows, scope.apps, scope.zones, scope.tethered, scope.members)
        self.keys = sum(each is not None for each in given)
        self.openings = None
        if scope.windows is not None:
            self.openings = Openings(scope.windows, zone)
        self._apps = patterns(scope.apps or ())
        self._scope = scope

    def suits(self, who: Who) -> bool:
        """Whether all but its windows matches.

        Args:
            who: whose bytes.
        """
        scope = self._scope
        if scope.tethered is not None and scope.tethered != bool(who.tethered):
            return False
        if scope.zones is not None and who.mcc and who.mcc not in scope.zones:
            return False
        if scope.members is not None and who.member not in scope.members:
            return False
        return scope.apps is None or (who.app is not None and bool(self._apps(who.app)))

    def is_open(self, at_s: int) -> bool:
        """Whether one of its windows is open, or it has none.

        Args:
            at_s: UTC seconds.
        """
        return self.openings is None or self.openings.is_open(at_s)

    def next_edge(self, at_s: int) -> int:
        """When its windows open or close next; `NEVER` without windows.

        Args:
            at_s: UTC seconds.
        """
        return NEVER if self.openings is None else self.openings.next_edge(at_s)
