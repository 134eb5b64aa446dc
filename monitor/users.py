"""Users of this machine by name."""

from __future__ import annotations

import pwd


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
