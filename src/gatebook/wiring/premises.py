"""Premises: a folder with a house in it, every port of the house filled.

The trap guarded against: two parts of the program with two ideas of where things are kept, or what time it is.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING

import httpx
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import URL

from gatebook.errors import SettingsError
from gatebook.outside.ip_country import IpCountry
from gatebook.outside.key_file import FileKeys
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
from gatebook.procedures.access_record import AccessAnswers
from gatebook.procedures.access_sources import Silence
from gatebook.procedures.house import CodeSender, House, Signer
from gatebook.procedures.webhooks import deliver_due
from gatebook.record import checkpoint
from gatebook.record.access import Door
from gatebook.record.segments import SegmentSecrets
from gatebook.record.vault import Vault
from gatebook.settings import FILE, Settings, read_settings
from gatebook.store.last_signed import LastSignedFile
from gatebook.store.law_folder import LawFolder
from gatebook.store.list_shelf import ListShelf
from gatebook.store.sql.engine import sqlite_url
from gatebook.store.sql.key_ring import SqlKeyRing
from gatebook.store.sql.state import SqlState, migrate
from gatebook.store.tile_folder import TileFolder
from gatebook.wiring.screeners import CurrentScreeners

if TYPE_CHECKING:
    # What handles access events loads Arrow and an engine: only who has to do with them waits for that.
    from gatebook.procedures.log_access import Bounds
    from gatebook.store.access_log import AccessLogFolder
    from gatebook.wiring.access import AccessPlace, HeldAccess

_ENDPOINTS_AT_ONCE = 16
__all__ = ["CodeBox", "Premises", "open_premises", "set_up_logging"]


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
    def state_url(self) -> str | URL:
        """The address of the state database."""
        return self.settings.state_url or sqlite_url(self.folder / "state.db")

    @cached_property
    def ring(self) -> SqlKeyRing:
        """The key ring, in a database of its own."""
        return SqlKeyRing(self.ring_url)

    @property
    def ring_url(self) -> str | URL:
        """The address of the key ring's database."""
        return self.settings.key_ring_url or sqlite_url(_ring_file(self.folder))

    @cached_property
    def shelf(self) -> ListShelf:
        """The list editions on disk."""
        return ListShelf(self.folder / self.settings.lists_folder, self.settings.list_shrink_percent)

    @cached_property
    def access_log(self) -> AccessLogFolder:
        """The batches of access events that were received and are not sealed yet."""
        from gatebook.store.access_log import AccessLogFolder  # noqa: PLC0415  as above

        return AccessLogFolder(self.folder / "access" / "log")

    @property
    def access_bounds(self) -> Bounds:
        """The declared proxies, and how far the clock of a source may be off."""
        from gatebook.procedures.log_access import Bounds  # noqa: PLC0415  as above

        future, past = self.settings.access_future_minutes, self.settings.access_past_days
        return Bounds(self.settings.access_proxies, timedelta(minutes=future), timedelta(days=past))

    @property
    def access_silence(self) -> Silence:
        """How long a source of access events may be silent."""
        return Silence(self.settings.access_silent_minutes, self.settings.access_silent_by_source)

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
        origin, current = self.settings.origin, CurrentScreeners(self.shelf, self.folder / "index")
        countries = IpCountry.load([Path(name) for name in self.settings.ip_country_files])
        return House(
            state=self.state,
            door=Door(Vault(self.ring, self.keys, secrets.token_bytes)),
            law=self.law,
            screener=current.screener,
            screener_named=current.screener_named,
            lists=self.shelf,
            tiles=TileFolder(self.folder / "ledger"),
            signer=Signer(origin, checkpoint.vkey_of(origin, public), public, private.sign, self._last_signed),
            senders=self._senders(),
            country_of=countries.country,
            now=self.now,
            draw=secrets.token_bytes,
            new_id=new_id,
        )

    @cached_property
    def access_place(self) -> AccessPlace:
        """Where the access record lies; the first process that comes holds it."""
        from gatebook.wiring.access import AccessPlace, HeldAccess  # noqa: PLC0415  as above

        folder = self.folder / "access"

        def open_held(lock: IO[bytes]) -> HeldAccess:
            return HeldAccess(self.house, self.access_log, self.segment_secrets, folder, self.access_dsn, lock)

        return AccessPlace(folder, open_held)

    @property
    def access_dsn(self) -> str:
        """The address of the engine of access events: one in the folder, or what ``access_dsn`` names."""
        return self.settings.access_dsn or f"chdb://{(self.folder / 'access').resolve() / 'store'}"

    @property
    def segment_secrets(self) -> SegmentSecrets:
        """What the trees of access events are made with."""
        return SegmentSecrets(self.keys.index_key("access/label"), self.keys.index_key("access/salt"))

    def access(self) -> AbstractContextManager[AccessAnswers]:
        """Give the access record to ask: held here, or by another process of this house. Raises Unavailable."""
        return self.access_place.opened()

    @property
    def _last_signed(self) -> LastSignedFile:
        return LastSignedFile(self.folder / "keys" / "checkpoint.signed")

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
        with ThreadPoolExecutor(_ENDPOINTS_AT_ONCE, "deliver") as pool:
            return deliver_due(self.house, self.send_event, next_attempt_after, pool.map)

    def close(self) -> None:
        """Let go of every connection that was opened."""
        for name in ("access_place", "access_log", "state", "ring", "client"):
            if name in self.__dict__:
                self.__dict__[name].close()


def _ring_file(folder: Path) -> Path:
    """Return where the key ring lies: apart from the keys that wrap what is in it, or where it lay in older houses."""
    old, new = folder / "keys" / "ring.db", folder / "ring" / "ring.db"
    if old.exists():
        return old
    new.parent.mkdir(mode=0o700, exist_ok=True)
    return new


class CodeBox:
    """Carries codes to a box instead of a person: for the demo, where nobody has a mailbox."""

    last = ""

    def send_code(self, destination: str, code: str, expires_minutes: int) -> None:  # noqa: ARG002  the port's shape
        """Keep the code."""
        self.last = code


def clock() -> datetime:
    """Return the time of this machine, in UTC."""
    return datetime.now(UTC)


@contextmanager
def open_premises(
    folder: Path, now: Callable[[], datetime] = clock, mail: CodeSender | None = None
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
