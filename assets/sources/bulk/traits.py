"""What events say about people and accounts: names, addresses, ids, in the long table `traits`.

One row per value with when it was first and last seen, so that units may come in any order and again. A
value whose unit is later replaced by one without it stays: it was seen.
"""

import duckdb

from assets.sources.bulk.schema import TRAITS, EventTable
from assets.sources.sql import literal, one_row, quoted

# Every key has this one, also where nothing else is said about it.
KEY_TRAIT = "id"


def note(connection: duckdb.DuckDBPyConnection, schema: str, table: EventTable, first_row: int) -> int:
    """Add what the table's rows from `first_row` on say; returns how many values they hold."""
    if not table.traits:
        return 0
    connection.execute(
        "create or replace temp table seen as"
        " select kind, key, trait, value, min(first_at) as first_at, max(last_at) as last_at from ("
        + " union all ".join(_seen(schema, table, kind, first_row) for kind in _kinds(table))
        + ") where value is not null group by kind, key, trait, value"
    )
    connection.execute(
        f"""
        update {schema}.{TRAITS} as known
        set first_seen_at = least(known.first_seen_at, seen.first_at),
            last_seen_at = greatest(known.last_seen_at, seen.last_at)
        from seen
        where known.kind = seen.kind and known.key = seen.key and known.trait = seen.trait
            and known.value = seen.value
            and (seen.first_at < known.first_seen_at or seen.last_at > known.last_seen_at)
        """
    )
    connection.execute(
        f"insert into {schema}.{TRAITS} (kind, key, trait, value, first_seen_at, last_seen_at)"
        f" select seen.* from seen anti join {schema}.{TRAITS} as known using (kind, key, trait, value)"
    )
    return int(one_row(connection, "select count(*) from seen")[0])


def clear(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("drop table if exists temp.seen")


def _kinds(table: EventTable) -> list[tuple[str, str]]:
    """Each kind and the SQL of its key, once."""
    return list(dict.fromkeys((trait.kind, trait.key) for trait in table.traits))


def _seen(schema: str, table: EventTable, kind: tuple[str, str], first_row: int) -> str:
    """The distinct combinations first, which are few; then a row per value."""
    traits = [trait for trait in table.traits if (trait.kind, trait.key) == kind]
    values = ", ".join(f"{trait.value} as v{number}" for number, trait in enumerate(traits))
    names = ", ".join(literal(name) for name in (KEY_TRAIT, *(trait.name for trait in traits)))
    listed = ", ".join(["key", *(f"nullif(trim(v{number}), '')" for number in range(len(traits)))])
    at = quoted(table.occurred_at)
    return f"""
        select '{kind[0]}' as kind, key, unnest([{names}]) as trait, unnest([{listed}]) as value,
            first_at, last_at
        from (
            select {kind[1]} as key, {values}, min({at}) as first_at, max({at}) as last_at
            from {schema}.{table.name} where rowid >= {first_row} and {kind[1]} is not null
            group by all
        )
    """
