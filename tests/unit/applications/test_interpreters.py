"""Which script an interpreter runs, by the command line that the kernel kept."""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.applications import recognise
from monitor.applications.interpreters import family_of, find_script
from monitor.usage import Application, Owner, Process


def found(line: str, exe: str = "") -> Application:
    """The application of a command line, run by the file of its first word."""
    argv = tuple(shlex.split(line))
    return recognise(Process(Owner(1, 2, 3), "any", exe or argv[0], argv, 0, 1, "/"))


@pytest.mark.parametrize(
    ("line", "name", "path"),
    [
        ("/usr/bin/python3.11 -m pkg.mod -v", "python -m pkg.mod", ""),
        ("/usr/bin/python3 -Im pkg", "python -m pkg", ""),
        ("/usr/bin/python3 -mpkg", "python -m pkg", ""),
        ("/usr/bin/python3 -Wm -X dev x.py", "x.py", "x.py"),
        ("/usr/bin/python3 -- -x.py", "-x.py", "-x.py"),
        ("/usr/bin/python3 --check-hash-based-pycs never x.py", "x.py", "x.py"),
        ("/opt/pypy3.9 /srv/x.py", "x.py", "/srv/x.py"),
        ("/usr/bin/node18 --require ./a.js app.js", "app.js", "app.js"),
        ("/usr/bin/nodejs -r a.js /srv/app.mjs", "app.mjs", "/srv/app.mjs"),
        ("/usr/bin/java -jar x.jar", "x.jar", "x.jar"),
        ("/usr/bin/java -cp a:b -Dx=y com.example.Main z", "com.example.Main", ""),
        ("/usr/bin/java @args -p mods -m app/com.x.Main", "app/com.x.Main", ""),
        ("/usr/bin/java --class-path a /srv/Main.java", "Main.java", "/srv/Main.java"),
        ("/usr/bin/bash script.sh -c x", "script.sh", "script.sh"),
        ("/usr/bin/bash -eo pipefail run.sh", "run.sh", "run.sh"),
        ("/usr/bin/bash -c '/opt/tool/run --fast a,b'", "run", ""),
        ("/bin/sh -c 'LANG=C /opt/sync.sh'", "sync.sh", ""),
        ("/bin/zsh -lc rclone", "rclone", ""),
        ("/usr/bin/perl5.36 -w -I lib t.pl", "t.pl", "t.pl"),
        ("/usr/bin/perl5.36.0 -Ilib -Mre t.pl", "t.pl", "t.pl"),
        ("/usr/bin/ruby3.1 -I lib -rjson t.rb", "t.rb", "t.rb"),
        ("/usr/bin/php8.2 -d x=1 -f t.php", "t.php", "t.php"),
        ("/usr/bin/php -c /etc/php.ini t.php", "t.php", "t.php"),
        # What `env -S`, npx and uv leave behind is an interpreter with its script.
        ("/usr/bin/python3 -u /usr/bin/foo", "foo", "/usr/bin/foo"),
        ("/usr/bin/node /h/.npm/_npx/1f/node_modules/.bin/cowsay hi", "cowsay", None),
        ("/h/.cache/uv/archive-v0/x/bin/python /h/x/bin/ruff", "ruff", None),
    ],
)  # fmt: skip
def test_a_script_is_the_application(line: str, name: str, path: str | None) -> None:
    """Whatever options come before it."""
    application = found(line)
    assert (application.name, application.kind) == (name, "script")
    if path is not None:
        assert application.path == path


@pytest.mark.parametrize(
    "line",
    [
        "/usr/bin/python3.11 -m",
        "/usr/bin/python3.11 -Ic 'import x'",
        "/usr/bin/node -pe 1 x.js",
        "/usr/bin/node --eval 1",
        "/usr/bin/php -B x",
        "/usr/bin/ruby -ne x",
        "/usr/bin/java -version",
        "/usr/bin/java -jar",
        "/usr/bin/bash",
        "/usr/bin/bash -s x.sh",
        "/usr/bin/bash -c",
        "/usr/bin/bash -c 'curl x | sh'",
        "/usr/bin/bash -c 'exec 3<>/dev/tcp/x/1'",
        "/usr/bin/bash -c 'exec curl x'",
        "/usr/bin/bash -c 'cd /tmp'",
        "/usr/bin/bash -c 'a\nb'",
        "/usr/bin/bash -c '$X'",
        "/usr/bin/bash -c X=1",
        "/usr/bin/bash -c ''",
        "/usr/bin/uv run x.py",
        "/usr/bin/env -S python3 x.py",
    ],
)
def test_without_a_script_the_program_is_the_application(line: str) -> None:
    """Code has no name, and a launcher is not what it launches."""
    exe = line.split(maxsplit=1)[0]
    name = PurePosixPath(exe).name
    assert found(line) == Application(name, "executable", exe)


def test_a_deleted_interpreter_still_runs_its_script() -> None:
    """An upgrade replaces the file under a running program."""
    application = found("python3 /opt/x.py", "/usr/bin/python3.11 (deleted)")
    assert application == Application("x.py", "script", "/opt/x.py")


@pytest.mark.parametrize(
    ("exe", "line", "name", "kind"),
    [
        (
            "/mnt/.mount_JoplinAb12Cd/joplin",
            "/home/a/Joplin-2.9.AppImage --x",
            "Joplin-2.9",
            "appimage",
        ),
        ("/mnt/.mount_Krita-kQx1Zz/usr/bin/krita", "krita", "Krita-", "appimage"),
        (
            "/var/mnt/.mount_freetuAAAAAA/usr/bin/python3",
            "x y.py",
            "freetu",
            "appimage",
        ),
        ("/mnt/.mount_xAAAAAA/AppRun", ".AppImage", "x", "appimage"),
        ("/mnt/.mount_AAAAAA/AppRun", "x", "AppRun", "executable"),
        ("/mnt/.mount_short/AppRun", "x", "AppRun", "executable"),
    ],
)
def test_an_appimage_has_one_name_wherever_it_is_mounted(
    exe: str, line: str, name: str, kind: str
) -> None:
    """Its mount has another name at each start."""
    application = found(line, exe)
    assert (application.name, application.kind) == (name, kind)
    assert bool(application.path) is (kind == "executable")


@pytest.mark.parametrize(
    ("exe", "family"),
    [
        ("/usr/bin/python", "python"),
        ("/usr/bin/python3.11", "python"),
        ("/usr/bin/node18", "node"),
        ("/usr/bin/nodejs", "node"),
        ("/usr/bin/perl5.36", "perl"),
        ("/usr/bin/bash (deleted)", "bash"),
        ("/usr/bin/ruby-3.1.2", "ruby"),
        ("/usr/bin/pythonista", ""),
        ("/usr/bin/javac", ""),
        ("/usr/bin/3.11", ""),
        ("", ""),
    ],
)
def test_interpreters_are_known_with_their_version(exe: str, family: str) -> None:
    """Not by how their name begins."""
    assert family_of(exe) == family


WORD = st.one_of(
    st.sampled_from(["-c", "-m", "-", "--", "", "-jar", "-Im", "+o", "-e", "x", "."]),
    st.text(st.characters(codec=None), max_size=6),
)


@given(
    st.sampled_from(["python", "node", "java", "bash", "perl", "ruby", "php"]),
    st.lists(WORD, max_size=6),
)
def test_whatever_the_arguments_are_a_script_has_a_name(
    family: str, words: list[str]
) -> None:
    """Or there is none."""
    script = find_script(family, words)
    assert script is None or script.name
