"""Users of this machine by name."""

from __future__ import annotations

import pwd
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def user_name(uid: int) -> str:
    """The login name of a user, or the number when the machine knows none.

    Args:
        uid: user id; negative for nobody.

    Returns:
        Never empty.
    """
    try:
        return pwd.getpwuid(uid).pw_name
    except (KeyError, OverflowError):
        return str(uid)


def named_users(names: Iterable[str]) -> dict[int, str]:
    """Which users have one of these login names.

    Args:
        names: any words; those that are no login name here are left out.

    Returns:
        The names by user id; of two names of one user the first.
    """
    found: dict[int, str] = {}
    for name in names:
        try:
            found.setdefault(pwd.getpwnam(name).pw_uid, name)
        except (KeyError, ValueError):  # nobody; no name can have such characters
            continue
    return found
