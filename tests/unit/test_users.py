"""People by name and number, on whatever machine this is."""

from __future__ import annotations

import os
import pwd

from monitor.users import named_users, user_name


def test_a_login_name_is_found_and_any_other_word_is_nobody() -> None:
    me = pwd.getpwuid(os.getuid()).pw_name
    words = ["no such login", "", "a\0b", "\udc80", me, "root"]
    assert named_users(words) == {os.getuid(): me} | {0: "root"}


def test_a_number_without_a_name_is_the_name() -> None:
    assert user_name(0) == "root"
    assert user_name(-1) == "-1"
