"""How a table of the schema is made: strict, its constraints named, in one METADATA."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Table

METADATA = MetaData(
    # Later migrations can only change constraints that have a name.
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def table(name: str, *items: Column[int] | Column[str] | Index | object) -> Table:
    """A table whose key is an integer of its own."""
    return Table(name, METADATA, *items, sqlite_strict=True)  # type: ignore[arg-type]  # columns, constraints and indexes have no public common type


def keyed(name: str, *items: Column[int] | Column[str] | object) -> Table:
    """A table whose key is the row: no second b-tree for a rowid."""
    return Table(name, METADATA, *items, sqlite_strict=True, sqlite_with_rowid=False)  # type: ignore[arg-type]  # as above


def key(name: str, parent: str = "", *, cascade: bool = False) -> Column[int]:
    """A part of the primary key, referring to `parent` if there is one."""
    on_delete = "CASCADE" if cascade else None
    parents = [ForeignKey(parent, ondelete=on_delete)] if parent else []
    return Column(name, Integer, *parents, primary_key=True, autoincrement=False)


def reference(name: str, parent: str, *, nullable: bool = False) -> Column[int]:
    """A column that refers to the key `parent` of another table."""
    return Column(name, Integer, ForeignKey(parent), nullable=nullable)
