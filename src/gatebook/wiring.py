"""Wiring: the only place that builds adapters and hands them to procedures.

The trap guarded against: two parts of the program with two ideas of where things are kept, or what time it is.
"""

from __future__ import annotations

import base64
import importlib.resources
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path

import httpx
import structlog
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import gatebook.law
from gatebook import __version__
from gatebook.errors import GatebookError, LawError, NotFound, SettingsError
from gatebook.law.sources import all_clauses
from gatebook.law.tree import LawTree, parse_adoptions
from gatebook.outside.ip_country import IpCountry
from gatebook.outside.key_file import FileKeys
from gatebook.outside.list_feeds import FEEDS, fetch
from gatebook.outside.log import set_up_logging
from gatebook.outside.mail import SmtpMailer
from gatebook.outside.text_message import TextMessageHook
from gatebook.outside.webhooks import DeliveryResult, WebhookSender, next_attempt_after, sign_ed25519, sign_hmac
from gatebook.procedures.house import CodeSender, House, Operator, Signer
from gatebook.procedures.keep_house import found_house, note_adoption, note_list
from gatebook.procedures.publish_ledger import publish_ledger
from gatebook.procedures.webhooks import deliver_due
from gatebook.record import checkpoint
from gatebook.record.access import Door
from gatebook.record.vault import Vault
from gatebook.screen.party import ListEdition
from gatebook.screen.scan import ExhaustiveScan, Screener, ScreenSettings
from gatebook.settings import FILE, Settings, read_settings
from gatebook.store.list_shelf import ListShelf
from gatebook.store.sql.key_ring import SqlKeyRing
from gatebook.store.sql.state import SqlState, migrate
from gatebook.store.tile_folder import TileFolder


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
        """One HTTP client for feeds, hooks and webhooks; it follows no redirects."""
        return httpx.Client(follow_redirects=False, timeout=15, trust_env=True)

    @cached_property
    def law(self) -> LawTree:
        """The law shipped with Gatebook under the operator's adoptions and overrides."""
        return read_law(self.folder / self.settings.law_folder)

    @cached_property
    def sender(self) -> WebhookSender:
        """What delivers events to the provider's endpoints."""
        return WebhookSender(self.client, allow_private=self.settings.webhooks_allow_private)

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
            screener=Lists(self.shelf).screener,
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


__all__ = ["CodeBox", "Premises", "init_house", "keep", "open_premises", "read_law", "set_up_logging"]


class CodeBox:
    """Carries codes to a box instead of a person: for the demo, where nobody has a mailbox."""

    last = ""

    def send_code(self, destination: str, code: str, expires_minutes: int) -> None:  # noqa: ARG002  the port's shape
        """Keep the code."""
        self.last = code


class Lists:
    """Keeps the scanner of the current editions, and makes a new one when an edition lands."""

    def __init__(self, shelf: ListShelf) -> None:
        self._shelf = shelf
        self._held: tuple[tuple[str, ...], Screener] | None = None

    def screener(self) -> Screener:
        """Return a screener over the current editions."""
        digests, fetched = tuple(sorted(self._shelf.current_digests().items())), self._shelf.fetched()
        flat = tuple(f"{name}={digest}@{fetched[name]}" for name, digest in digests)
        if self._held is None or self._held[0] != flat:
            self._held = (flat, ExhaustiveScan(self._shelf.current(), ScreenSettings()))
        return self._held[1]


def read_law_texts() -> tuple[dict[str, str], dict[str, str]]:
    """Return our own law files by path: (parameters and sources as YAML, clause files as Python)."""
    texts = dict(_walk(importlib.resources.files(gatebook.law), ""))
    yaml = {path: text for path, text in texts.items() if path.endswith(".yaml")}
    return yaml, {path: text for path, text in texts.items() if path.endswith(".py")}


def read_law(operator_folder: Path) -> LawTree:
    """Read the law tree: our clauses and parameters, and the operator's own folder over them."""
    yours = {}
    if operator_folder.is_dir():
        found = sorted(operator_folder.rglob("*.yaml"))
        yours = {str(path.relative_to(operator_folder)): path.read_text("utf-8") for path in found}
    return LawTree.build(all_clauses(), *read_law_texts(), yours)


def _walk(folder: importlib.resources.abc.Traversable, under: str) -> Iterator[tuple[str, str]]:
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.is_dir():
            yield from _walk(item, f"{under}{item.name}/")
        elif item.name.endswith((".yaml", ".py")):
            yield under + item.name, item.read_text("utf-8")


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
    first = not adopt.exists()
    if first:
        _write(
            adopt, f"- source: eo13984\n  begins: {today}\n  note: adopted as house policy when the house was founded\n"
        )
    with open_premises(folder, now) as premises:
        found_house(premises.house, operator, __version__)
        if first:
            note_adoption(premises.house, operator, "eo13984", today, "")
        _write(folder / "ledger" / "vkey", premises.house.signer.vkey + "\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text, "utf-8")
    part.replace(path)


def adopt_law(premises: Premises, operator: Operator, source: str, begins: date) -> None:
    """Write an adoption into the operator's ``adopt.yaml``, checked against the whole tree, and enter it."""
    path = premises.folder / premises.settings.law_folder / "adopt.yaml"
    text = path.read_text("utf-8") if path.exists() else ""
    added = f"{text}- source: {source}\n  begins: {begins.isoformat()}\n"
    parse_adoptions(added)
    if source not in premises.law.sources:
        raise LawError(f"there is no such source; there are {', '.join(sorted(premises.law.sources))}")
    _write(path, added)
    note_adoption(premises.house, operator, source, begins.isoformat(), "")


def update_list(
    premises: Premises, operator: Operator, list_id: str, progress: Callable[[str, int], None], *, confirmed: bool
) -> ListEdition:
    """Fetch a list from its publisher, keep it, and enter it; on any failure the old edition stays."""
    if list_id not in FEEDS:
        raise NotFound(f"no publisher's address is known for this list; there are {', '.join(FEEDS)}")
    files = fetch(FEEDS[list_id], premises.client, progress)
    edition = premises.shelf.put(list_id, files, premises.now(), confirmed=confirmed)
    note_list(premises.house, operator, list_id, edition.digest, len(edition.parties), len(edition.report.refused))
    return edition


def sample_list() -> dict[str, bytes]:
    """Return the small invented list that is shipped for offline use."""
    folder = importlib.resources.files("gatebook.screen") / "sample"
    return {item.name: item.read_bytes() for item in folder.iterdir() if item.name.endswith(".CSV")}


def keep(premises: Premises, stop: threading.Event) -> None:
    """Publish the ledger and deliver events once a second until ``stop`` is set."""
    log = structlog.get_logger()
    while not stop.wait(1.0):
        try:
            publish_ledger(premises.house)
            premises.deliver()
        except GatebookError as error:
            log.warning("keeping failed", code=error.code)
