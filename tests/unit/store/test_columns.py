"""Names from outside reach the file as valid text and come back as they were."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, select

from monitor.store.columns import (
    MARK,
    Name,
    Words,
    bill_values,
    from_text,
    signed,
    to_text,
    traffic_values,
    unsigned,
)
from monitor.usage import Traffic
from tests.unit.store.builders import bill

# Every code point, lone surrogates and NUL more often than chance would have it.
ANY_TEXT = st.text(
    st.one_of(
        st.characters(exclude_categories=()),
        st.sampled_from("\0\\\ud800\udc80\udcff�:u\n\x1b"),
    )
)


@given(ANY_TEXT)
def test_every_name_comes_back_and_is_valid_utf8_without_nul(name: str) -> None:
    text = to_text(name)
    assert "\0" not in text
    text.encode("utf-8")
    assert from_text(text) == name


@given(ANY_TEXT, ANY_TEXT)
def test_two_names_are_never_stored_alike(one: str, other: str) -> None:
    assert (to_text(one) == to_text(other)) == (one == other)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_a_valid_name_is_stored_as_it_is(name: str) -> None:
    if not name.startswith(MARK):
        assert to_text(name) == name


def test_the_bytes_of_a_broken_name_can_be_read_by_people() -> None:
    broken = b"caf\xe9\\x\0".decode("utf-8", "surrogateescape")
    assert to_text(broken) == MARK + r"caf\udce9\\x\u0000"


@given(st.lists(ANY_TEXT).map(tuple))
def test_a_command_line_comes_back_word_by_word(words: tuple[str, ...]) -> None:
    table = Table("t", MetaData(), Column("words", Words), Column("name", Name))
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        table.create(connection)
        connection.execute(table.insert(), {"words": words, "name": None})
        assert connection.execute(select(table)).one() == (words, None)


def test_nothing_stays_nothing() -> None:
    table = Table("t", MetaData(), Column("id", Integer), Column("words", Words))
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        table.create(connection)
        connection.execute(table.insert(), {"id": 1, "words": None})
        assert connection.execute(select(table)).one() == (1, None)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_counters_of_64_bits_fit_and_come_back(rx: int, tx: int) -> None:
    counter = Traffic(rx, tx, 0, 2**63)
    stored = signed(counter)
    assert all(-(2**63) <= value < 2**63 for value in traffic_values(stored).values())
    assert unsigned(stored) == counter


def test_a_bill_has_a_column_for_each_number() -> None:
    assert bill_values(bill(10_000, 2000)) == {
        "rx_counter_bytes": 10_140,
        "tx_counter_bytes": 2028,
        "rx_counter_packets": 10,
        "tx_counter_packets": 2,
        "rx_bytes": 10_000,
        "tx_bytes": 2000,
        "rx_packets": 10,
        "tx_packets": 2,
    }
