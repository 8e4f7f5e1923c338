"""One-time codes as plain logic: what is kept, when it ends, and how often it may be tried.

The trap guarded against: guessing. A code has six digits, five tries and ten minutes; asking for a new one does not
give new tries within the hour.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gatebook import canonical
from gatebook.errors import TooMany

EXPIRES_MINUTES = 10
_TRIES, _SENDS, _PAUSE_S, _HOUR = 5, 5, 30, timedelta(hours=1)
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class CodeChallenge:
    """What is kept of a code that was sent: never the code itself. ``began_at`` starts the hour tries count in."""

    channel: str
    which: int
    salt: bytes
    digest: str
    sent_at: datetime
    began_at: datetime
    sends: int
    tries: int

    def to_bytes(self) -> bytes:
        """Return the bytes kept between sending and answering."""
        return canonical.encode(self)

    @staticmethod
    def from_bytes(data: bytes) -> CodeChallenge:
        """Read what :meth:`to_bytes` wrote."""
        plain = canonical.decode(data)
        assert isinstance(plain, dict)  # noqa: S101  we wrote it
        times = {name: canonical.parse_instant(plain[name]) for name in ("sent_at", "began_at")}
        return CodeChallenge(**{**plain, **times, "salt": bytes.fromhex(plain["salt"])})


def draw_code(draw: Callable[[int], bytes]) -> str:
    """Return six digits from eight random bytes; the bias is far below one in 10**12."""
    return f"{int.from_bytes(draw(8), 'big') % 10**_DIGITS:06d}"


def _digest(salt: bytes, code: str) -> str:
    return hashlib.sha256(salt + code.encode()).hexdigest()


def new_challenge(
    code: str, salt: bytes, now: datetime, *, channel: str, which: int, previous: CodeChallenge | None
) -> CodeChallenge:
    """Return the challenge of a fresh code. Raises TooMany when asked too soon or too often within the hour."""
    fresh = CodeChallenge(channel, which, salt, _digest(salt, code), now, now, 1, 0)
    if previous is None or now - previous.began_at >= _HOUR:
        return fresh
    wait = _PAUSE_S - int((now - previous.sent_at).total_seconds())
    if wait > 0:
        raise TooMany("a code was sent a moment ago; wait before asking for another", wait)
    if previous.sends >= _SENDS or previous.tries >= _TRIES:
        left = int((previous.began_at + _HOUR - now).total_seconds()) + 1
        raise TooMany("too many codes or wrong answers on this channel within an hour", left)
    return replace(fresh, began_at=previous.began_at, sends=previous.sends + 1, tries=previous.tries)


def answer_challenge(challenge: CodeChallenge, given: str, now: datetime) -> tuple[CodeChallenge, str]:
    """Test an answer; return the challenge to keep and ``right``, ``wrong``, ``expired`` or ``locked``."""
    if challenge.tries >= _TRIES:
        return challenge, "locked"
    if now - challenge.sent_at > timedelta(minutes=EXPIRES_MINUTES):
        return challenge, "expired"
    tried = replace(challenge, tries=challenge.tries + 1)
    right = hmac.compare_digest(_digest(challenge.salt, given.strip()), challenge.digest)
    return tried, "right" if right else "wrong"
