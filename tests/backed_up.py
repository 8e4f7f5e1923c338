"""A house to back up: one person whose data ends, one whose data does not, and what both did."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pyrage

import builders as b
from gatebook.procedures import close_account, confirm_contact, open_account
from gatebook.procedures.house import SCOPES, Operator
from gatebook.procedures.keep_house import note_list
from gatebook.procedures.log_access import log_access
from gatebook.record.events.own import to_plain
from gatebook.terms.access_event import AccessEvent, AddressKind, Outcome
from gatebook.trace.ports import Filter
from gatebook.wiring import keeping
from gatebook.wiring.backup_restore import Sources, restore
from gatebook.wiring.founding import init_house
from gatebook.wiring.lists import sample_list
from gatebook.wiring.premises import CodeBox, open_premises

WHO = Operator("opr-test", SCOPES)
US = 1_000_000
#: What Zenobia says and does, in the bytes it would be found in; each is nowhere else.
SAID = {
    "name": "Zenobia Quillfeather",
    "born_on": "1961-07-23",
    "email": "zenobia.quill@zq-mail.example",
    "phone": "+46709876543",
    "line": "Zqgatan 4711",
    "city": "Zqstadholm",
    "postal": "987 65",
    "number": "ZQ9876543",
    "token": "zq-token-8f3a51",
    "agent": "zq-agent/9.1",
    "address": "203.0.113.177",
    "raw": "[203.0.113.177]:40123 zq-raw",
}


class There:
    """An open house at a time that is put on by hand."""

    def __init__(self, premises: Any, at: list[datetime]) -> None:
        self.premises, self.at = premises, at

    @property
    def house(self) -> Any:
        return self.premises.house

    def opened(self, name: str, said: dict[str, str]) -> str:
        """Open an account; return the person's id."""
        address = {"country": "SE", "lines": [said["line"]], "city": said["city"], "postal_code": said["postal"]}
        contacts = {"emails": [said["email"]], "phones": [said["phone"]], "address": address}
        payments = [{"kind": "processor", "processor": "p", "token": said["token"]}]
        data = b.application(b.person(name, said["born_on"], **contacts), payments=payments)
        data["access"]["at"] = self.at[0].strftime("%Y-%m-%dT%H:%M:%SZ")
        given, surname = name.upper().split()
        papers = [b.passport(surname, given, "SWE", said["born_on"][2:].replace("-", ""), said["number"])]
        application, _ = open_account.open_account(self.house, WHO, data, papers)
        confirm_contact.send_code(self.house, WHO, application, "email")
        code = self.house.senders["email"].last
        assert confirm_contact.answer_code(self.house, WHO, application, "email", code)[1].account_id
        return str(self.row("applications", application)["person_id"])

    def row(self, register: str, key: str) -> Any:
        with self.house.state.read() as work:
            return work.registers.get(register, key)

    def account_of(self, person: str) -> str:
        with self.house.state.read() as work:
            return str(work.registers.page("accounts", {"person_id": person}, "", 10)[0]["account_id"])

    def records_of(self, person: str) -> list[str]:
        with self.house.state.read() as work:
            found = work.registers.page("records", {"person_id": person}, "", 100)
        return [row["record_id"] for row in found]

    def read(self, person: str) -> list[Any]:
        """Open everything sealed of a person. Raises Shredded."""
        return list(
            self.house.door.read(self.house.state, self.records_of(person), "audit", WHO.operator_id, self.at[0])
        )

    def did(self, principal: str, count: int, said: dict[str, str], first: int = 0) -> None:
        at = int(self.at[0].timestamp() - 86_400) * US
        events = [
            AccessEvent(
                at=at + n * US,
                source="edge-1",
                principal=principal,
                act="login",
                outcome=Outcome.SUCCESS,
                address=said["address"],
                address_kind=AddressKind.ADDRESS,
                raw_address=said["raw"],
                user_agent=said["agent"],
                event_id=f"{principal}-{n}",
            )
            for n in range(first, first + count)
        ]
        body = b"".join(json.dumps(to_plain(one)).encode() + b"\n" for one in events)
        log_access(self.house, self.premises.access_log, WHO, body)

    def seal(self) -> None:
        with self.premises.access() as access:
            access.seal()

    def seen(self) -> dict[str, int]:
        """How many accesses there are of each principal."""
        found = dict[str, int]()
        with self.premises.access() as access:
            for kept in access.events(Filter(), None, 10_000):
                found[kept.event.principal] = found.get(kept.event.principal, 0) + 1
        return found

    def end(self, person: str) -> None:
        """Close the account, let the time go by, and expire."""
        close_account.close_account(self.house, WHO, self.account_of(person), "asked")
        self.at[0] += timedelta(days=370)
        assert keeping.expire(self.premises, WHO) == [person]


@contextmanager
def at_home(folder: Path, at: list[datetime] | None = None) -> Iterator[There]:
    """Open the house in a folder, found it first where there is none."""
    now = at or [datetime(2026, 11, 1, 12, tzinfo=UTC)]
    if not (folder / "gatebook.toml").exists():
        init_house(folder, "backup.example/house", WHO, lambda: now[0])
    with open_premises(folder, lambda: now[0], CodeBox()) as premises:
        if not (folder / "lists").exists():
            edition = premises.shelf.put("sample", sample_list(), now[0])
            note_list(premises.house, WHO, "sample", edition.digest, len(edition.parties), 0)
        yield There(premises, now)


def other(n: int) -> dict[str, str]:
    """Somebody else."""
    return {
        "born_on": "1975-03-04",
        "email": f"bo{n}@example.com",
        "phone": f"+46701{n:06d}",
        "line": "Storgatan 1",
        "city": "Stockholm",
        "postal": "111 22",
        "number": f"X2{n:07d}",
        "token": f"tok_{n}",
        "agent": "curl/8",
        "address": "198.51.100.7",
        "raw": "198.51.100.7",
    }


def identity(folder: Path) -> tuple[Path, str]:
    """A new age identity in a file, and its recipient."""
    made = pyrage.x25519.Identity.generate()
    (folder / "identity").write_text(f"# made for a test\n{made}\n")
    return folder / "identity", str(made.to_public())


def restored(folder: Path, into: str, backup: str, keys: str, **more: Any) -> dict[str, Any]:
    """Restore from files of a folder into another folder of it."""
    sources = Sources(folder / backup, folder / keys, folder / "identity", **more)
    return restore(sources, folder / into, WHO, lambda: datetime(2026, 11, 2, tzinfo=UTC))


def contents(backup: Path) -> Iterator[tuple[str, bytes]]:
    """Everything in a backup, unpacked, and the file itself."""
    yield backup.name, backup.read_bytes()
    with zipfile.ZipFile(backup) as archive:
        for name in archive.namelist():
            yield f"{backup.name}:{name}", archive.read(name)
            if name.endswith(".parquet"):  # its columns are compressed: what is in them shows once they are read
                yield f"{backup.name}:{name} as rows", str(pq.read_table(archive.open(name)).to_pylist()).encode()
