"""The configuration file: what is read, and how each mistake is reported."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import Config, as_toml, load_config, parse_config, settings
from monitor.errors import ConfigError

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
TABLES = {"alerts.rule"}
"""Of which there is none by default, and a commented one in the example."""


def test_no_file_means_all_defaults() -> None:
    config = load_config(None)
    assert config == Config()
    assert config.store.size_limit_bytes == 200_000_000
    assert config.retention.slots_s == 62 * 86_400
    assert (config.sampling.tick_s, config.sampling.flush_s) == (10, 30)


def test_the_example_has_every_setting_with_its_default() -> None:
    assert load_config(EXAMPLE) == Config()
    written = tomllib.loads(EXAMPLE.read_text())
    in_example = {f"{part}.{key}" for part, keys in written.items() for key in keys}
    all_settings = {f"{part}.{key}" for part, key, *_ in settings(Config())}
    assert in_example == all_settings - TABLES


def test_every_setting_of_the_example_is_explained() -> None:
    """A comment on the line, or above it in its table."""
    tables = re.split(r"^\[", EXAMPLE.read_text(), flags=re.MULTILINE)[1:]
    for part, key, *_ in settings(Config()):
        if f"{part}.{key}" in TABLES:
            continue
        table = next(text for text in tables if text.startswith(f"{part}]"))
        before, _, after = table.partition(f"\n{key} = ")
        assert "#" in before or "#" in after.partition("\n")[0], (part, key)


def test_the_rule_of_the_example_can_be_used() -> None:
    _, _, rest = EXAMPLE.read_text().partition("# [[alerts.rule]]\n")
    lines = [line.removeprefix("#") for line in rest.partition("\n\n")[0].split("\n")]
    (rule,) = parse_config("\n".join(["[[alerts.rule]]", *lines]), "f").alerts.rules
    assert rule.kinds == ("app.new", "network.*")
    assert (rule.urgency, rule.channels) == ("low", ("desktop",))
    keys = {line.partition(" = ")[0].strip() for line in lines if " = " in line}
    assert keys == set(rule.__struct_fields__)


def test_sizes_and_durations_are_text_with_units() -> None:
    config = parse_config(
        """
        [interfaces]
        include = ["wwan*", "br-lan"]
        [store]
        path = "~/usage.db"
        size_limit = "1.5 GiB"
        [sampling]
        tick = "5 s"
        flush = "2 min"
        """,
        "file",
    )
    assert config.interfaces.include == ("wwan*", "br-lan")
    assert config.store.path == "~/usage.db"
    assert config.store.size_limit_bytes == 1_610_612_736
    assert (config.sampling.tick_s, config.sampling.flush_s) == (5, 120)
    assert config.retention == Config().retention


def test_networks_at_the_other_end_are_kept_only_when_that_is_turned_on() -> None:
    assert Config().remotes.kept_s == 0
    config = parse_config("remotes.enabled = true\nremotes.keep = '2 h'", "file")
    assert config.remotes.kept_s == 7200


def test_what_is_shown_reads_back_as_the_same_values() -> None:
    config = parse_config(
        """
        interfaces.metered = ["usb0", "a\\"b\\\\c*", "é"]
        networks.unmetered = ["Hôtel [4] *", "wifi:*"]
        store.path = "/data/\\u007f \\n.db"
        store.size_limit = "123456789 B"
        retention.processes = "36 h"
        remotes.enabled = true
        alerts.quiet = "22:00 - 07:00"
        [[alerts.rule]]
        kinds = ["data.*"]
        urgency = "critical"
        [[alerts.rule]]
        kinds = ["*"]
        channels = []
        """,
        "file",
    )
    assert parse_config(as_toml(config), "shown") == config
    marked = [line for line in as_toml(config).splitlines() if line.endswith("# set")]
    assert len(marked) == 7


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[sampling]\n\ntick = '90 s'", 'line 3: sampling.tick = "90 s": must be from'),
        ("[sampling]\ntick = '0 s'", '"1 s" to "1 min"'),
        ("[sampling]\nflush = '5 s'", 'flush = "5 s": must be from "10 s" to "10 min"'),
        ("[sampling]\ntick = 10", "sampling.tick = 10: must be a time in s, min, h"),
        ("[sampling]\ntick = '10'", "with its unit in quotes"),
        ("[store]\nsize_limit = '5 MB'", 'from "10 MB" to "1 TB"'),
        (
            "[store]\nsize_limit = '5 QB'",
            "must be a size with its unit in quotes, such",
        ),
        ("[store]\nbackups = -1", "line 2: store.backups = -1: must be from 0 to 365"),
        ("[store]\nbackups = true", "store.backups = true: must be a whole number"),
        ("[store]\nbackups = 1.0", "store.backups = 1.0: must be a whole number"),
        ("[store]\npath = 'usage.db'", "must be a path in quotes that begins with /"),
        ("[store]\npath = '/data/'", "must be the path of a file"),
        ('[store]\npath = "/a\\u0000"', "must be the path of a file"),
        ("[interfaces]\ninclude = 'wwan0'", 'interfaces.include = "wwan0": must be a'),
        ("[interfaces]\ninclude = ['a', 3]", "interfaces.include[1] = 3: must be the"),
        (
            "[interfaces]\nexclude = ['']",
            'interfaces.exclude[0] = "": must be the name',
        ),
        ("[interfaces]\nexclude = ['a b']", "without blanks and slashes"),
        ('[interfaces]\nexclude = ["a\\u001b"]', "without blanks and slashes"),
        ("interfaces = 4", "line 1: interfaces = 4: must be a table"),
        ("[[store]]\nbackups = 1", "must be a table"),
        (
            "interfaces.metered=['x']\ninterfaces.unmetered=['x']",
            "must be without what",
        ),
        (
            "networks.metered=['a b']\nnetworks.unmetered=['a b']",
            "must be without what networks.metered names",
        ),
        ("networks.metered=[' ']", 'networks.metered[0] = " ": must be the name of a'),
        (
            'networks.metered=["a\\u202e"]',
            "must be the name of a Wi-Fi network, a UUID",
        ),
        (
            "[retention]\nslots = '500 days'",
            'retention.hours = "400 days": must be from',
        ),
        (
            "alerts.off = ['app']",
            'alerts.off = ["app"]: must be without a pattern that',
        ),
        ("alerts.off = ['X Y']", 'alerts.off[0] = "X Y": must be a kind of alert'),
        (
            "alerts.quiet = '22-7'",
            'line 1: alerts.quiet = "22-7": must be two different',
        ),
        ("alerts.quiet = '25:00-07:00'", "must be two different local times"),
        ("alerts.quiet = '07:00-07:00'", "must be two different local times"),
        ("alerts.quiet = 7", "must be two different local times"),
        (
            "[alerts]\nquiet = ''\n[[alerts.rule]]\nkinds = ['*']\nurgency = 'loud'",
            'line 5: alerts.rule[0].urgency = "loud": must be "critical", "low" or',
        ),
        (
            "[[alerts.rule]]\nkinds = ['*']\n[[alerts.rule]]\nkinds = ['dat']",
            'line 4: alerts.rule[1].kinds = ["dat"]: must be without a pattern that no',
        ),
        (
            "[[alerts.rule]]\nkinds = []",
            "alerts.rule[0].kinds = []: must be some kinds",
        ),
        ("[[alerts.rule]]\nurgency = 'low'", "line 1: alerts.rule[0].kinds: must be a"),
        (
            "[[alerts.rule]]\nkinds = ['*']\nchannels = ['mail']",
            'line 3: alerts.rule[0].channels[0] = "mail": must be "desktop" or "push"',
        ),
        (
            "[alerts.rule]\nkinds = ['*']",
            "alerts.rule: must be a list of tables, each under a line [[alerts.rule]]",
        ),
        ("push.addresses = 'relative'", "must be a path in quotes"),
        ("[remotes]\nenabled = 1", "remotes.enabled = 1: must be true or false"),
        ("[remotes]\nkeep = '59 min'", 'must be from "1 h" to "7 days"'),
        ("[remotes]\ntop = 0", "remotes.top = 0: must be from 1 to 1000"),
        ("[sampling]\ntick = 2020-01-01", "must be a time"),
        ("[store]\nbackups = 99999999999999999999", "must be"),
        ("[unusual]\nfloor = '1 kB'", 'must be from "1 MB" to "1 TB"'),
        ("[unusual]\ntimes = 1", "unusual.times = 1: must be from 2 to 100"),
        ("[unusual]\nweeks = 14", "unusual.weeks = 14: must be from 2 to 13"),
    ],
)
def test_an_impossible_value_is_named_with_what_is_allowed(
    text: str, sentence: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "file.toml")
    assert str(caught.value).startswith("file.toml:")
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[sampling]\ntik = '1 s'", "line 2: sampling.tik: unknown key. Did you mean"),
        (
            "[samplin]\ntick = '1 s'",
            "Did you mean sampling? Allowed in the file: inter",
        ),
        ("[store]\nxyz = 1", "store.xyz: unknown key. Allowed in [store]: path, size_"),
        ('[store]\n"a\\u001b[31m" = 1', 'store."a\\u001b[31m": unknown key'),
        ("tick = '10 s'", "line 1: tick: unknown key"),
        ("[push]\nquiet = ''", "Allowed in [push]: addresses."),
        (
            "[[alerts.rule]]\nkind = ['*']",
            "line 2: alerts.rule[0].kind: unknown key. Did you mean alerts.rule[0].k",
        ),
    ],
)
def test_an_unknown_key_is_an_error_that_helps(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "file.toml")
    assert sentence in str(caught.value)


def test_a_number_beyond_64_bits_is_refused_by_what_is_allowed() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config("store.backups = 99999999999999999999", "f")
    assert str(caught.value) == (
        "f: line 1: store.backups = 99999999999999999999: must be from 0 to 365."
    )


def test_a_line_is_named_only_if_the_key_stands_there_exactly_once() -> None:
    text = '[store]\npath = """/\nbackups = 3\n"""\nbackups = -1'
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "f")
    assert str(caught.value).startswith("f: store.backups = -1")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[store\npath = 1", "f: not valid TOML: "),
        ("a = 1\nb = ?", "(at line 2, column 5)"),
        ("a = " + "[" * 5000, "nested too deeply"),
        ("a = " + "1" * 5000, "a number is too long"),
    ],
)
def test_a_broken_file_is_said_to_be_broken(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "f")
    assert sentence in str(caught.value)


@given(st.text())
def test_any_text_is_a_configuration_or_a_configuration_error(text: str) -> None:
    try:
        parse_config(text, "f")
    except ConfigError as error:
        assert str(error).startswith("f:")  # noqa: PT017 - either outcome is right


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.toml"
    with pytest.raises(ConfigError, match=r"none\.toml: No such file or directory"):
        load_config(path)


def test_a_directory_a_pipe_and_a_device_are_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ConfigError, match="Is a directory"):
        load_config(tmp_path)
    with pytest.raises(ConfigError, match="not a regular file"):
        load_config(pipe)
    with pytest.raises(ConfigError, match="not a regular file"):
        load_config(Path("/dev/zero"))


def test_a_huge_file_is_refused_without_being_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "huge.toml"
    with path.open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(ConfigError, match="more than 1 MB"):
        load_config(path)


def test_text_that_is_not_utf_8_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "latin1.toml"
    path.write_bytes(b"[store]\n# caf\xe9\n")
    with pytest.raises(ConfigError, match="line 2: this is not UTF-8"):
        load_config(path)


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    """As another user: root may read everything."""
    path = tmp_path / "secret.toml"
    path.write_text("")
    path.chmod(0)
    uid = os.geteuid()
    if uid == 0:
        for folder in (tmp_path, *list(tmp_path.parents)[:2]):
            folder.chmod(0o755)
        os.seteuid(65_534)
    try:
        with pytest.raises(ConfigError, match=r"secret\.toml: Permission denied"):
            load_config(path)
    finally:
        os.seteuid(uid)
