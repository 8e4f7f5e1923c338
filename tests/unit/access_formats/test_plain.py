"""Which blocks go by columns, and which are left to be read line by line."""

from __future__ import annotations

import json

import pytest

from gatebook.record.events.columns import SCHEMA, from_columns
from gatebook.record.events.form import Receipt
from gatebook.record.events.nth import Repeats
from gatebook.record.events.own import FORM, event_of, schema, to_plain
from gatebook.record.events.own import decode_line as decode
from gatebook.record.events.plain import plain_columns

RECEIPT = Receipt(received_at=1_795_521_600_000_000)
LINE = b'{"at":"2026-11-24T10:00:00.5Z","principal":"alice","address":"203.0.113.7","other":[1]}\n'


def test_an_ordinary_block_goes_by_columns() -> None:
    # Breaks when our own form, as its page tells people to write it, is read the slow way.
    batch = plain_columns(LINE * 3 + b'{"at":"2026-11-24T10:00:00Z","act":null}\r\n', RECEIPT, Repeats())
    assert batch is not None
    assert batch.schema == SCHEMA
    assert [(event.principal, event.address, event.nth) for event in from_columns(batch)] == [
        ("alice", "203.0.113.7", 0),
        ("alice", "203.0.113.7", 1),
        ("alice", "203.0.113.7", 2),
        ("", "", 0),
    ]


@pytest.mark.parametrize(
    "line",
    [
        *(
            b"\n",
            b" " + LINE,
            b"[]\n",
            b"x\n",
            LINE.strip() + LINE,
            b'{"at":\n"2026-11-24T10:00:00Z"}\n',
            b'{"at":1}\n',
        ),
        *(b'{"at":"2026-11-24T10:00:00"}\n', b'{"at":"2026-11-24T10:00:00Z","nth":1}\n', b'{"principal":"alice"}\n'),
        *(b'{"at":"2026-11-24T10:00:00Z","act":"a\\u0000"}\n', b'{"at":"2026-11-24T10:00:00Z","x":"\xff"}\n'),
        b'{"at":"2026-11-24T10:00:00Z","act":"' + b"x" * 5_000 + b'"}\n',
        b'{"at":"0000-01-01T00:00:00Z"}\n',
    ],
)
def test_a_block_with_one_odd_line_goes_line_by_line(line: bytes) -> None:
    # Breaks when what only the slow way understands is read by columns, or a block given up on has been counted.
    repeats = Repeats()
    assert plain_columns(LINE + line, RECEIPT, repeats) is None
    batch = plain_columns(LINE, RECEIPT, repeats)
    assert batch is not None
    assert batch["nth"].to_pylist() == [0]


def test_the_schema_names_what_is_read_and_written() -> None:
    # Breaks when a key is written or read that the published schema does not tell.
    record = {"at": 1795460349, "principal": "alice", "address": "203.0.113.7, 10.0.0.1"}
    event = FORM.read(record, RECEIPT)
    plain = decode(json.dumps(record))
    assert event is not None and plain is not None
    assert event_of(plain, RECEIPT) == event
    told = schema()["properties"]
    assert set(to_plain(event)) | {"detail"} == set(told)
    assert schema()["required"] == ["at"]
    assert to_plain(event)["address"] == "203.0.113.7"
    assert to_plain(event)["at"] == "2026-11-23T18:59:09.000000Z"
