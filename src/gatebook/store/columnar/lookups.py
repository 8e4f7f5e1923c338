"""The ``AccessRows`` port over ClickHouse: which rows, who used what, who shares.

The trap guarded against: a question that reads everything. By principal the rows stand in order of their label; by
address a second order holds label and time, with which the rows are found in the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from gatebook.record.events.columns import from_columns
from gatebook.record.events.packing import unpack_address
from gatebook.record.months import months_between
from gatebook.record.segments import label_of
from gatebook.store.columnar.engine import Engine
from gatebook.store.columnar.rows import event_batch
from gatebook.store.columnar.schema import EVENT
from gatebook.terms.access_event import Outcome
from gatebook.trace.ports import Filter, KeptEvent, Place, Sharer, Use

_MOST_SHARERS = 1_000
_NO_ADDRESS = "::"
_WHEN = "at >= {from_at:Int64} AND at < {until_at:Int64}"
_AFTER = "(at, segment, position) > ({after_at:Int64}, {after_segment:UInt32}, {after_position:UInt32})"
_MAPPED = IPv6Network("::ffff:0:0/96")


class ColumnarLookups:
    """Questions to one engine."""

    def __init__(self, engine: Engine, label_salt: bytes) -> None:
        self._engine, self._label_salt = engine, label_salt

    def events(self, asked: Filter, after: Place | None, limit: int) -> list[KeptEvent]:
        """Return rows by place."""
        where, values = self._where(asked)
        if after:
            values |= {"after_at": after.at, "after_segment": after.segment, "after_position": after.position}
            where += f" AND {_AFTER}"
        if asked.networks and not asked.principals:
            where += f" AND (label, at) IN ({_places(asked, after)})"
        sql = (
            f"SELECT {', '.join(EVENT)}, segment, position, batch FROM events WHERE {where} "
            "ORDER BY at, segment, position LIMIT {limit:UInt32}"
        )
        table = self._engine.ask(sql, {**values, "limit": limit})
        places = zip(*(table[name].to_pylist() for name in ("segment", "position", "batch")), strict=True)
        return [KeptEvent(event, *place) for event, place in zip(from_columns(event_batch(table)), places, strict=True)]

    def uses(self, asked: Filter, limit: int) -> list[Use]:
        """Return (principal, address) pairs, most events first."""
        if asked.networks and asked == Filter(asked.from_at, asked.until_at, networks=asked.networks):
            return self._uses_of_networks(asked, limit)
        where, values = self._where(asked)
        if asked.networks and not asked.principals:
            where += f" AND (label, at) IN ({_places(asked, None)})"
        sql = (
            "SELECT principal, address AS a, count() AS n, min(at) AS first_at, max(at) AS last_at FROM events "
            f"WHERE {where} GROUP BY principal, a ORDER BY n DESC, principal, a LIMIT {{limit:UInt32}}"
        )
        return [
            Use(row["principal"], unpack_address(row["a"]), row["n"], row["first_at"], row["last_at"])
            for row in self._engine.ask(sql, {**values, "limit": limit}).to_pylist()
        ]

    def _uses_of_networks(self, asked: Filter, limit: int) -> list[Use]:
        """Answer from the second order alone, which knows principals by their label."""
        inside, values = _networks(asked.networks)
        sql = (
            "SELECT label, address, count() AS n, min(at) AS first_at, max(at) AS last_at FROM events "
            f"WHERE {inside} AND {_WHEN} GROUP BY label, address ORDER BY n DESC LIMIT {{limit:UInt32}} WITH TIES"
        )
        times = {"from_at": asked.from_at, "until_at": asked.until_at}
        rows = self._engine.ask(sql, {**values, **times, "limit": limit}).to_pylist()
        names = self._principals([row["label"] for row in rows])
        rows.sort(key=lambda row: (-row["n"], names[row["label"]].encode(), row["address"]))
        return [
            Use(names[row["label"]], unpack_address(row["address"]), row["n"], row["first_at"], row["last_at"])
            for row in rows[:limit]
        ]

    def sharers(self, principals: Sequence[str], from_at: int, until_at: int, least: int) -> list[Sharer]:
        """Return other principals at addresses of these."""
        labels = [label_of(self._label_salt, principal) for principal in principals]
        when, values = _WHEN, dict[str, Any]({"from_at": from_at, "until_at": until_at})
        nobody = label_of(self._label_salt, "")
        values |= {"labels": labels, "others": [*labels, nobody], "least": least, "none": _NO_ADDRESS}
        sql = (
            "SELECT label, count() AS shared, groupArray(address) AS addresses, sum(n) AS events, "
            "min(first_at) AS from_at, max(last_at) AS until_at FROM ("
            "SELECT label, address, count() AS n, min(at) AS first_at, max(at) AS last_at FROM events "
            "WHERE address IN (SELECT DISTINCT address FROM events WHERE label IN {labels:Array(UInt64)} "
            f"AND address != {{none:IPv6}} AND {when}) AND {when} AND label NOT IN {{others:Array(UInt64)}} "
            "GROUP BY label, address) GROUP BY label HAVING shared >= {least:UInt32} "
            f"ORDER BY shared DESC, events DESC LIMIT {_MOST_SHARERS} WITH TIES"
        )
        rows = self._engine.ask(sql, values).to_pylist()
        names = self._principals([row["label"] for row in rows])
        found = [
            Sharer(
                names[row["label"]],
                tuple(unpack_address(a) for a in sorted(row["addresses"])),
                row["events"],
                row["from_at"],
                row["until_at"],
            )
            for row in rows
        ]
        return sorted(found, key=lambda one: (-len(one.addresses), -one.events, one.principal.encode()))[:_MOST_SHARERS]

    def _principals(self, labels: Sequence[int]) -> dict[int, str]:
        sql = (
            "SELECT label, any(principal) AS principal FROM events WHERE label IN {labels:Array(UInt64)} GROUP BY label"
        )
        found = self._engine.ask(sql, {"labels": list(labels)})
        return dict(zip(found["label"].to_pylist(), found["principal"].to_pylist(), strict=True))

    def _where(self, asked: Filter) -> tuple[str, dict[str, Any]]:
        when, values = _time(asked.from_at, asked.until_at)
        parts = [when]
        if asked.principals:
            parts.append("label IN {labels:Array(UInt64)} AND principal IN {principals:Array(String)}")
            values["labels"] = [label_of(self._label_salt, principal) for principal in asked.principals]
            values["principals"] = list(asked.principals)
        for name in ("session", "user_agent", "fingerprint"):
            if text := getattr(asked, name):
                parts.append(f"{name} = {{{name}:String}}")
                values[name] = text
        if asked.segment is not None:
            parts.append("segment = {segment:UInt32}")
            values["segment"] = asked.segment
        if asked.without_failures:
            parts.append("outcome != {failure:String}")
            values["failure"] = Outcome.FAILURE.value
        if asked.networks:
            inside, more = _networks(asked.networks)
            values |= more
            parts.append(inside)
        return " AND ".join(parts), values


def _places(asked: Filter, after: Place | None) -> str:
    """Return what gives label and time of rows of networks: asked of the second order, which has those columns alone.

    Where nothing else is asked of a row, no more of them are looked up than a page holds.
    """
    inside, _ = _networks(asked.networks)
    places = f"SELECT label, at FROM events WHERE {inside} AND {_WHEN}"
    if asked != Filter(asked.from_at, asked.until_at, networks=asked.networks):
        return places
    page = "ORDER BY at LIMIT {limit:UInt32} WITH TIES"
    if after is None:
        return f"{places} {page}"
    return f"SELECT * FROM ({places} AND at > {{after_at:Int64}} {page}) UNION ALL {places} AND at = {{after_at:Int64}}"


def _networks(networks: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Return the condition that an address is in one of the networks; a row without an address is in none."""
    parts, values = list[str](), dict[str, Any]({"none": _NO_ADDRESS})
    for n, text in enumerate(networks):
        network = ip_network(text, strict=False)
        values[f"low{n}"], values[f"high{n}"] = _sixteen(network[0]), _sixteen(network[-1])
        is_older = (
            " AND NOT (address >= '::ffff:0:0' AND address <= '::ffff:ffff:ffff')" if _holds_mapped(network) else ""
        )
        parts.append(f"(address >= {{low{n}:IPv6}} AND address <= {{high{n}:IPv6}}{is_older})")
    return f"(address != {{none:IPv6}} AND ({' OR '.join(parts)}))", values


def _holds_mapped(network: IPv4Network | IPv6Network) -> bool:
    """Whether IPv4 addresses, which are kept mapped into IPv6, would count as in a network of version 6."""
    return isinstance(network, IPv6Network) and network.overlaps(_MAPPED)


def _sixteen(address: Any) -> str:  # noqa: ANN401  of either version
    return str(address) if address.version == 6 else f"::ffff:{address}"  # noqa: PLR2004  the version's own number


def _time(from_at: int, until_at: int) -> tuple[str, dict[str, Any]]:
    """Return the condition on the time, and on months where those between are few."""
    when, values = _WHEN, {"from_at": from_at, "until_at": until_at}
    if months := months_between(from_at, until_at):
        return f"month IN {{months:Array(UInt32)}} AND {when}", {**values, "months": months}
    return when, values
