"""Wiring: the only place that builds adapters and hands them to procedures.

The trap guarded against: two parts of the program with two ideas of where things are kept, or what time it is.
"""

from __future__ import annotations

import base64
import importlib.resources
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import structlog
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gatebook import __version__
from gatebook.errors import Conflict, LawError, NotFound, SettingsError
from gatebook.law.tree import parse_adoptions
from gatebook.outside.ip_country import IpCountry
from gatebook.outside.key_file import FileKeys
from gatebook.outside.list_feeds import FEEDS, fetch
from gatebook.outside.log import set_up_logging
from gatebook.outside.mail import SmtpMailer
from gatebook.outside.text_message import TextMessageHook
from gatebook.outside.webhooks import (
    DeliveryResult,
    WebhookSender,
    next_attempt_after,
    public_key_of,
    sign_ed25519,
    sign_hmac,
)
from gatebook.procedures.house import SYSTEM, CodeSender, House, Operator, Signer
from gatebook.procedures.keep_house import found_house, note_adoption, note_list
from gatebook.procedures.permit import permit
from gatebook.procedures.publish_ledger import publish_ledger
from gatebook.procedures.rescreen_delta import rescreen_delta
from gatebook.procedures.rescreening_run import lists_due
from gatebook.procedures.resume_applications import resume_applications
from gatebook.procedures.webhooks import deliver_due
from gatebook.record import checkpoint
from gatebook.record.access import Door
from gatebook.record.vault import Vault
from gatebook.screen.index import CompleteIndex
from gatebook.screen.lists.detect import Folder, load_folder
from gatebook.screen.party import ListEdition
from gatebook.screen.screening import ScreenSettings
from gatebook.settings import FILE, Settings, read_settings
from gatebook.store.files import write_durably
from gatebook.store.kept_index import made_index
from gatebook.store.law_folder import LawFolder
from gatebook.store.list_shelf import ListShelf
from gatebook.store.sql.key_ring import SqlKeyRing
from gatebook.store.sql.state import SqlState, migrate
from gatebook.store.tile_folder import TileFolder

if TYPE_CHECKING:
    from gatebook.procedures.screen_population import Engine
    from gatebook.screen.batches import PopulationScreen

_RESUMES_EVERY = timedelta(minutes=1)


def new_id(prefix: str) -> str:
    """Return a fresh pseudonymous id: the prefix and 128 random bits in lower-case base 32."""
    return f"{prefix}_{base64.b32encode(secrets.token_bytes(16)).decode().rstrip('=').lower()}"


@dataclass(frozen=True)
class Premises:
    """A folder with a house in it: its settings, its adapters, and the house they make together."""

    folder: Path
    settings: Settings
    now: Callable[[], datetime]
    mail: CodeSender | None = None

    @cached_property
    def keys(self) -> FileKeys:
        """The key-encryption, index and signing keys, in files of their own."""
        return FileKeys(self.folder / "keys", secrets.token_bytes)

    @cached_property
    def state(self) -> SqlState:
        """The state database: SQLite in the folder, or what ``state_url`` names."""
        return SqlState(self.state_url)

    @property
    def state_url(self) -> str:
        """The address of the state database."""
        return self.settings.state_url or f"sqlite:///{self.folder / 'state.db'}"

    @cached_property
    def ring(self) -> SqlKeyRing:
        """The key ring, in a database of its own."""
        return SqlKeyRing(self.settings.key_ring_url or f"sqlite:///{self.folder / 'keys' / 'ring.db'}")

    @cached_property
    def shelf(self) -> ListShelf:
        """The list editions on disk."""
        return ListShelf(self.folder / self.settings.lists_folder)

    @cached_property
    def client(self) -> httpx.Client:
        """One HTTP client for feeds and the text-message hook; it follows no redirects. Events go by ``sender``."""
        return httpx.Client(follow_redirects=False, timeout=15, trust_env=True)

    @cached_property
    def law(self) -> LawFolder:
        """The law shipped with Gatebook under the operator's adoptions and overrides."""
        return LawFolder(self.folder / self.settings.law_folder)

    @cached_property
    def sender(self) -> WebhookSender:
        """What delivers events to the provider's endpoints."""
        return WebhookSender(allow_private=self.settings.webhooks_allow_private, proxy=self.settings.webhooks_proxy)

    @property
    def webhook_key(self) -> str:
        """The public key events are signed with, as Standard Webhooks writes it."""
        return public_key_of(self.keys.signing_key("webhook"))

    @cached_property
    def house(self) -> House:
        """The house: every port filled."""
        private = self.keys.signing_key("checkpoint")
        public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        origin = self.settings.origin
        countries = IpCountry.load([Path(name) for name in self.settings.ip_country_files])
        return House(
            state=self.state,
            door=Door(Vault(self.ring, self.keys, secrets.token_bytes)),
            law=self.law,
            screener=Lists(self.shelf, self.folder / "index").screener,
            lists=self.shelf,
            tiles=TileFolder(self.folder / "ledger"),
            signer=Signer(origin, checkpoint.vkey_of(origin, public), public, private.sign),
            senders=self._senders(),
            country_of=countries.country,
            now=self.now,
            draw=secrets.token_bytes,
            new_id=new_id,
        )

    def _senders(self) -> dict[str, CodeSender]:
        s, found = self.settings, dict[str, CodeSender]()
        if self.mail:
            found["email"] = self.mail
        elif s.smtp_host:
            found["email"] = SmtpMailer(
                s.smtp_host,
                s.smtp_port,
                s.smtp_sender,
                starttls=s.smtp_starttls,
                username=s.smtp_username,
                password=s.smtp_password.get_secret_value(),
            )
        if s.text_hook_url:
            found["phone"] = TextMessageHook(s.text_hook_url, s.text_hook_secret.get_secret_value(), self.client)
        return found

    def webhook_secret(self, endpoint: str) -> bytes:
        """Return the HMAC secret of an endpoint, derived from the house's master secret."""
        return self.keys.index_key(f"webhook/{endpoint}")

    def send_event(self, endpoint: str, url: str, message_id: str, body: bytes) -> DeliveryResult:
        """Sign an event both ways (HMAC and Ed25519) and deliver it once."""
        stamp = int(self.now().timestamp())
        signatures = (
            sign_hmac(self.webhook_secret(endpoint), message_id, stamp, body),
            sign_ed25519(self.keys.signing_key("webhook"), message_id, stamp, body),
        )
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": " ".join(signatures),
        }
        return self.sender.deliver(url, body, headers)

    def deliver(self) -> int:
        """Try every event that is due once; return how many were sent."""
        return deliver_due(self.house, self.send_event, next_attempt_after)

    def close(self) -> None:
        """Let go of every connection that was opened."""
        for name in ("state", "ring", "client"):
            if name in self.__dict__:
                self.__dict__[name].close()


__all__ = ["CodeBox", "Premises", "init_house", "keep", "open_premises", "set_up_logging"]


class CodeBox:
    """Carries codes to a box instead of a person: for the demo, where nobody has a mailbox."""

    last = ""

    def send_code(self, destination: str, code: str, expires_minutes: int) -> None:  # noqa: ARG002  the port's shape
        """Keep the code."""
        self.last = code


class Lists:
    """Keeps the scanner of the current editions, and makes a new one when an edition lands."""

    def __init__(self, shelf: ListShelf, kept: Path) -> None:
        self._shelf, self._kept = shelf, kept
        self._held: tuple[tuple[str, ...], CompleteIndex] | None = None

    def screener(self) -> CompleteIndex:
        """Return a screener over the current editions."""
        digests, fetched = tuple(sorted(self._shelf.current_digests().items())), self._shelf.fetched()
        flat = tuple(f"{name}={digest}@{fetched[name]}" for name, digest in digests)
        if self._held is None or self._held[0] != flat:
            self._held = (flat, made_index(self._kept, self._shelf.current(), ScreenSettings()))
        return self._held[1]


def _clock() -> datetime:
    return datetime.now(UTC)


@contextmanager
def open_premises(
    folder: Path, now: Callable[[], datetime] = _clock, mail: CodeSender | None = None
) -> Iterator[Premises]:
    """Open the house in ``folder``; migrates its database forward. Raises SettingsError when there is none.

    ``mail`` carries codes instead of the mail server the settings name.
    """
    if not (folder / FILE).is_file():
        raise SettingsError(f"there is no house in {folder}; make one with: gatebook init")
    premises = Premises(folder, read_settings(folder, os.environ.get("GATEBOOK_SECRETS", "")), now, mail)
    migrate(premises.state_url)
    try:
        yield premises
    finally:
        premises.close()


def init_house(folder: Path, origin: str, operator: Operator, now: Callable[[], datetime] = _clock) -> None:
    """Make a house in ``folder``: settings, keys, database, law folder; done twice it is done once.

    The house adopts the order of 2021 as its own policy from today; the file ``law/adopt.yaml`` says so and may
    be changed. The proposal of 2024 is there to be adopted, and is not adopted by itself.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / FILE).exists():
        _write(
            folder / FILE,
            f'# Settings of this house; every name is explained in docs/settings.md\norigin = "{origin}"\n',
        )
    adopt, today = folder / "law" / "adopt.yaml", now().date().isoformat()
    adopt.parent.mkdir(exist_ok=True)
    adoption = f"- source: eo13984\n  begins: {today}\n  note: adopted as house policy when the house was founded\n"
    with open_premises(folder, now) as premises:
        found_house(premises.house, operator, __version__)
        if not adopt.exists():  # entered before the file is there, so that no crash leaves it unentered
            note_adoption(premises.house, operator, "eo13984", today, "")
            _write(adopt, adoption)
        _write(folder / "ledger" / "vkey", premises.house.signer.vkey + "\n")


def _write(path: Path, text: str) -> None:
    write_durably(path, text.encode())


def adopt_law(premises: Premises, operator: Operator, source: str, begins: date) -> None:
    """Write an adoption into the operator's ``adopt.yaml``, checked against the whole tree, and enter it."""
    permit(premises.house, operator, "admin", "adopt-law")
    path = premises.folder / premises.settings.law_folder / "adopt.yaml"
    text = path.read_text("utf-8") if path.exists() else ""
    added = f"{text}- source: {source}\n  begins: {begins.isoformat()}\n"
    if source not in premises.law.sources():
        raise NotFound(f"there is no such source; there are {', '.join(premises.law.sources())}")
    try:
        parse_adoptions(added)
    except LawError as error:  # what is asked does not go with what stands there; the law itself is in order
        raise Conflict(error.message) from None
    # Entered first: after a crash between the two, the law that binds has not changed, and adopting is done again.
    note_adoption(premises.house, operator, source, begins.isoformat(), "")
    _write(path, added)


def update_list(
    premises: Premises, operator: Operator, list_id: str, progress: Callable[[str, int], None], *, confirmed: bool
) -> ListEdition:
    """Fetch a list from its publisher, keep it, and enter it; on any failure the old edition stays."""
    permit(premises.house, operator, "admin", "update-list")  # before anything is fetched or kept
    feeds = {**FEEDS, **premises.settings.feeds}
    if list_id not in feeds:
        raise NotFound(f"no publisher's address is known for this list; there are {', '.join(feeds)}")
    files = fetch(feeds[list_id], premises.client, progress)
    return load_list(premises, operator, list_id, files, confirmed=confirmed)


def load_list(
    premises: Premises, operator: Operator, list_id: str, files: Mapping[str, bytes], *, confirmed: bool
) -> ListEdition:
    """Keep a list edition of these files, and enter it; on any failure the old edition stays."""
    permit(premises.house, operator, "admin", "load-list")
    edition = premises.shelf.put(list_id, files, premises.now(), confirmed=confirmed)
    note_list(premises.house, operator, list_id, edition.digest, len(edition.parties), len(edition.report.refused))
    return edition


def sample_list() -> dict[str, bytes]:
    """Return the small invented list that is shipped for offline use."""
    folder = importlib.resources.files("gatebook.screen") / "sample"
    return {item.name: item.read_bytes() for item in folder.iterdir() if item.name.endswith(".CSV")}


def lists_in(folder: Path) -> Folder:
    """Load every list in a folder, whatever known form it has."""
    from gatebook.outside.tables import list_files  # noqa: PLC0415  Arrow is a sixth of the time to start

    return load_folder(list_files(folder))


@dataclass(frozen=True)
class Ways:
    """How a population is screened: by which engine, in how many processes, in parts of how many rows, into what."""

    engine: str = "processes"
    master: str = ""
    workers: int = 0
    rows_a_part: int = 0
    explained: bool = False
    as_json: bool = False

    @property
    def rows(self) -> int:
        """How many rows make a part: a cluster is asked for many at a time."""
        return self.rows_a_part or {"spark": 500_000}.get(self.engine, 16_384)


def screen_file(
    path: Path,
    out: Path,
    editions: Sequence[ListEdition],
    ways: Ways,
    moved: Callable[[int, int, int], None],
    told: Callable[[str], None],
) -> dict[str, int]:
    """Screen the customers of a file into another; ``moved`` hears rows done, matches, and about how many rows."""
    from gatebook.outside.tables import Table, writer_for  # noqa: PLC0415  as above
    from gatebook.procedures.screen_population import Plan, screen_population  # noqa: PLC0415  as above
    from gatebook.screen.batches import DETAILS, NEEDED, PopulationScreen  # noqa: PLC0415  as above
    from gatebook.store.part_folder import PartFolder  # noqa: PLC0415  as above

    customers = Table(path, NEEDED, (*NEEDED, *DETAILS))
    work, about = PopulationScreen.of(editions, explained=ways.explained), customers.about()
    if customers.ignored:
        told(f"columns nothing is done with: {', '.join(customers.ignored)}")
    plan, engine = Plan(work.lists, ways.explained, ways.rows), _engine(work, ways, about)
    with PartFolder(out, writer_for(out, as_json=ways.as_json), writer_for(Path("refused.csv"))) as kept:
        return screen_population(customers, engine, kept, plan, lambda r, m: moved(r, m, about), told)


def _engine(work: PopulationScreen, ways: Ways, about: int) -> Engine:
    from gatebook.outside.processes import Alone, Processes, cores  # noqa: PLC0415  as above
    from gatebook.outside.spark import Spark  # noqa: PLC0415  as above
    from gatebook.screen.batches import SCHEMA_TEXT  # noqa: PLC0415  as above

    if ways.engine == "spark":
        return Spark(ways.master, work, SCHEMA_TEXT)
    workers = min(ways.workers or cores(), -(-about // ways.rows))  # no more than there are parts
    return Processes(work, workers, work.index) if workers > 1 else Alone(work)


def screen_pair_file(path: Path, out: Path | None, *, as_json: bool) -> int:
    """Compare the two names of each row of a CSV file and write the verdicts; return how many."""
    from gatebook.outside.tables import Table, write_rows  # noqa: PLC0415  as above
    from gatebook.procedures.screen_population import PAIR_COLUMNS, screen_pairs  # noqa: PLC0415  as above

    table = Table(path, ("name1", "name2"), ("name1", "name2", "born1", "born2", "country1", "country2", "kind"))
    return write_rows(out, screen_pairs(table.cells()), PAIR_COLUMNS, as_json=as_json)


def resume(premises: Premises, operator: Operator, older_than: timedelta) -> list[str]:
    """Take up what a crash cut off longer than ``older_than`` ago; return the applications concerned.

    A list that was kept on disk and never entered is entered now.
    """
    with premises.house.state.read() as work:
        entered = {row["list_id"]: row["digest"] for row in work.registers.page("lists", {}, "", 1000)}
    fetched, before = premises.shelf.fetched(), premises.now() - older_than
    for list_id, digest in premises.shelf.current_digests().items():
        if entered.get(list_id) != digest and fetched[list_id] <= before:
            edition = next(edition for edition in premises.shelf.current() if edition.list_id == list_id)
            parties, refused = len(edition.parties), len(edition.report.refused)
            note_list(premises.house, operator, list_id, edition.digest, parties, refused)
    return resume_applications(premises.house, operator, older_than)


def keep(premises: Premises, stop: threading.Event) -> None:
    """Until ``stop`` is set, publish and deliver every second, and at the start and every minute resume and rescreen.

    Events go out in a thread of their own, so that a receiver that takes its time does not hold up the checkpoint; so
    does the rescreening of everybody after a list edition landed. No failure ends any, and none of one duty keeps the
    others from their turn.
    """
    rescreen_when_due = _every_minute(premises, lambda: rescreen_due(premises, SYSTEM, stop))
    resume_when_due = _every_minute(premises, lambda: resume(premises, SYSTEM, _RESUMES_EVERY))
    apart = ({"deliver": premises.deliver}, {"rescreen": rescreen_when_due})
    threads = [threading.Thread(target=_keep_at, args=(stop, duty), daemon=True) for duty in apart]
    for thread in threads:
        thread.start()
    _keep_at(stop, {"resume": resume_when_due, "publish": lambda: publish_ledger(premises.house)})
    for thread in threads:
        thread.join(timeout=20)


class _Stopped(Exception):
    """The house closes: what was under way is gone on with when it opens again."""


def rescreen_due(premises: Premises, operator: Operator, stop: threading.Event) -> None:
    """Compare everybody with each list edition that landed since, until ``stop`` is set."""

    def go_on(_: int, __: int) -> None:
        if stop.is_set():
            raise _Stopped

    with suppress(_Stopped, Conflict):  # somebody else is at it, or the house closes
        for list_id in lists_due(premises.house):
            rescreen_delta(premises.house, operator, list_id, progress=go_on)


def _every_minute(premises: Premises, duty: Callable[[], object]) -> Callable[[], None]:
    next_turn = [premises.now()]

    def when_due() -> None:
        if premises.now() >= next_turn[0]:
            next_turn[0] = premises.now() + _RESUMES_EVERY
            duty()

    return when_due


def _keep_at(stop: threading.Event, duties: Mapping[str, Callable[[], object]]) -> None:
    log = structlog.get_logger()
    while True:
        for name, duty in duties.items():
            try:
                duty()
            except Exception as error:  # noqa: BLE001  whatever it is, the house goes on being kept
                log.warning("keeping failed", code=name, error=type(error).__name__)
        if stop.wait(1.0):
            return
