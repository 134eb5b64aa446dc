"""Which script an interpreter runs, by its arguments.

Pure. Arguments are read as each interpreter reads them: letters may be clustered
(`-Im`), some take a value, one of them is code or a module. A command of `sh -c` has a
name only when it is one plain command; code has none.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.usage import Application

if TYPE_CHECKING:
    from collections.abc import Sequence

DELETED: Final = " (deleted)"  # the kernel's mark of a program file that is gone


class _Dialect(NamedTuple):
    """How an interpreter reads its arguments.

    Attributes:
        code: letters of options with code, or with no script at all.
        valued: letters whose value is the rest of the word, or the next one.
        attached: letters whose value is the rest of the word.
        module: letters of options that name a module.
        file: letters of options that name the script.
        words: long options whose value is the next word.
        code_words: long options with code.
    """

    code: str = ""
    valued: str = ""
    attached: str = ""
    module: str = ""
    file: str = ""
    words: frozenset[str] = frozenset()
    code_words: frozenset[str] = frozenset()


_SHELL: Final = _Dialect(
    code="s", valued="oO", words=frozenset({"--rcfile", "--init-file"})
)
_DIALECTS: Final = {
    "python": _Dialect(
        code="c",
        valued="WX",
        module="m",
        words=frozenset({"--check-hash-based-pycs"}),
    ),
    "node": _Dialect(
        code="ep",
        valued="rC",
        words=frozenset({"--require", "--import", "--loader", "--conditions"}),
        code_words=frozenset({"--eval", "--print"}),
    ),
    "perl": _Dialect(code="eE", valued="I", attached="CDFMilmx0"),
    "ruby": _Dialect(code="e", valued="IrCE", attached="FTWKix0"),
    "php": _Dialect(
        code="rRB",
        valued="cdtzS",
        file="fF",
        words=frozenset({"--define", "--php-ini"}),
        code_words=frozenset({"--run"}),
    ),
    "java": _Dialect(),
    **dict.fromkeys(("bash", "dash", "sh", "zsh", "ksh"), _SHELL),
}
_ALIASES: Final = {"nodejs": "node", "pypy": "python"}
_JAVA_VALUED: Final = re.compile(
    "-cp|-classpath|-p|--(class-path|module-path|upgrade-module-path|patch-module"
    "|add-(modules|exports|opens|reads)|limit-modules|source)"
)
_VERSION: Final = "-.0123456789"  # a pattern would try each digit of a long name anew

_PLAIN: Final = re.compile(r"[\w./+:@%,=\s-]+")  # nothing in it that a shell obeys
_ASSIGNMENT: Final = re.compile(r"\w+=.*", re.DOTALL)
# Words of the shell itself: they say nothing of what runs.
_OWN_WORDS: Final = re.compile(
    "[.:]|alias|bg|builtin|cd|command|declare|echo|eval|exec|exit|export|false|fg|for"
    "|if|kill|printf|pwd|read|return|set|shift|source|test|time|trap|true|type|ulimit"
    "|umask|unset|until|wait|while"
)


def family_of(exe: str) -> str:
    """The family of an interpreter's program file.

    Args:
        exe: its path.

    Returns:
        Such as `python` for python3.11; empty for other programs.
    """
    base = PurePosixPath(exe.removesuffix(DELETED)).name
    family = base.rstrip(_VERSION)
    family = _ALIASES.get(family, family)
    return family if family in _DIALECTS else ""


def find_script(family: str, words: Sequence[str]) -> Application | None:
    """The script among an interpreter's arguments.

    Args:
        family: of `family_of`.
        words: its arguments without the program itself; may be cut short.

    Returns:
        The application; None for code without a name, and without a script.
    """
    if family == "java":
        return _java(words)
    at = 0
    while at < len(words):
        found = _read(family, words[at], words[at + 1] if at + 1 < len(words) else "")
        if not isinstance(found, int):
            return found
        at += found
    return None


def _read(family: str, word: str, following: str) -> Application | int | None:
    """The script, None when there will be none, or how many words to go on."""
    dialect = _DIALECTS[family]
    if word in dialect.code_words or word in ("-", ""):
        return None
    if dialect is _SHELL and _is_command(word):
        return _command(following)
    if word == "--" or not word.startswith(("-", "+")):
        return _file(following if word == "--" else word)
    if word.startswith("--"):
        return 2 if word in dialect.words else 1
    return _letters(family, word, following)


def _letters(family: str, word: str, following: str) -> Application | int | None:
    """The same for an option of one letter, or a cluster of them."""
    dialect = _DIALECTS[family]
    letter, value = _telling(word, dialect)
    named = value or following
    if letter in dialect.module:
        return Application(f"{family} -m {named}", "script") if named else None
    if letter in dialect.file:
        return _file(named)
    if letter in dialect.code:
        return None
    return 2 if letter in dialect.valued and not value else 1


def _telling(word: str, dialect: _Dialect) -> tuple[str, str]:
    """The first letter of a cluster that takes the rest of it, and that rest."""
    for at, letter in enumerate(word[1:], 2):
        if any(letter in letters for letters in dialect[:5]):
            return letter, word[at:]
    return "-", ""  # no option's letter


def _is_command(word: str) -> bool:
    """Whether it is `-c`, alone or in a cluster such as `-lc`."""
    return word.startswith("-") and word[1:].isalpha() and "c" in word


def _file(path: str) -> Application | None:
    if not path:
        return None
    return Application(PurePosixPath(path).name or path, "script", path)


def _command(text: str) -> Application | None:
    """What `sh -c` runs, when that is one plain command."""
    if not _PLAIN.fullmatch(text):
        return None
    words = [each for each in text.split() if not _ASSIGNMENT.fullmatch(each)]
    name = PurePosixPath(words[0]).name if words else ""
    if not name or _OWN_WORDS.fullmatch(words[0]) or text.strip("\n").count("\n"):
        return None
    return Application(name, "script")


def _java(words: Sequence[str]) -> Application | None:
    """The archive, module or class that a virtual machine runs."""
    skip = False
    for word, following in zip(words, [*words[1:], ""], strict=False):
        if skip:
            skip = False
        elif word == "-jar":
            return _file(following)
        elif word in ("-m", "--module"):
            return Application(following, "script") if following else None
        elif _JAVA_VALUED.fullmatch(word):
            skip = True
        elif word and not word.startswith(("-", "@")):
            is_source = word.endswith(".java")
            return _file(word) if is_source else Application(word, "script")
    return None
