"""Every error Gatebook raises on purpose, in one tree, so a shell can map each to one answer.

The trap guarded against: personal data in a message. A message names the field and the reason,
never the value that was refused.

    GatebookError
    ├── InvalidInput          what was sent cannot be taken; lists every field at fault
    │   ├── TooLarge          ... because it is larger than a stated limit
    │   └── UnknownEncoding   ... because it is compressed in a way this house does not read
    ├── NotFound              no such thing under this id
    ├── NotPermitted          the operator or key may not do this
    │   └── NotAuthenticated  nobody is known to be asking
    ├── Conflict              the thing is not in a state where this can be done
    │   ├── InFlight          the same idempotency key is still being worked on
    │   ├── KeyReused         the same idempotency key came with another body
    │   ├── Overtaken         other steps kept coming between; to be asked again
    │   └── TakenOver         another process took this work over
    ├── TooMany               asked too often; says when to come back
    ├── LawError              the law tree itself is wrong: a gap, a clash, a missing citation
    ├── ListError             a list cannot be read, or is refused
    ├── LedgerError           the ledger or a proof does not hold
    ├── VaultError            a record cannot be sealed or opened
    │   └── Shredded          ... because its key was destroyed; this is final
    ├── SettingsError         the house is set up wrongly
    └── Unavailable           something outside did not answer; trying again may help
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field that was refused: ``pointer`` is an RFC 6901 JSON pointer, ``code`` a stable slug."""

    pointer: str
    code: str
    reason: str


class GatebookError(Exception):
    """Root of the tree. ``code`` is stable and names the docs page of the problem."""

    code = "error"

    def __init__(self, message: str) -> None:
        """Keep ``message``: clear, gentle, actionable, and free of personal data."""
        super().__init__(message)
        self.message = message


def reason_of(error: OSError) -> str:
    """Return what the system says of a file or socket, in small letters and without its path."""
    return (error.strerror or type(error).__name__).lower()


class InvalidInput(GatebookError):
    """What was sent cannot be taken. ``problems`` holds every field at fault, not just the first."""

    code = "invalid-input"

    def __init__(self, message: str, problems: tuple[FieldProblem, ...] = ()) -> None:
        """Keep the message and the full list of field problems."""
        super().__init__(message)
        self.problems = problems


class TooLarge(InvalidInput):
    """What was sent is larger than a stated limit."""

    code = "too-large"


class UnknownEncoding(InvalidInput):
    """What was sent is compressed in a way this house does not read."""

    code = "unknown-encoding"


class NotFound(GatebookError):
    """There is no such thing under this id."""

    code = "not-found"


class NotPermitted(GatebookError):
    """The operator or key may not do this."""

    code = "not-permitted"


class NotAuthenticated(NotPermitted):
    """Nobody is known to be asking."""

    code = "not-authenticated"


class Conflict(GatebookError):
    """The thing is not in a state where this can be done."""

    code = "conflict"


class InFlight(Conflict):
    """The same idempotency key is still being worked on."""

    code = "idempotency-in-flight"


class KeyReused(Conflict):
    """The same idempotency key came with another body."""

    code = "idempotency-key-reused"


class Overtaken(Conflict):
    """Other steps kept coming between; nothing is wrong with what was asked, and it is to be asked again."""


class TakenOver(Conflict):
    """Another process took this work over; whoever hears it stops."""


class TooMany(GatebookError):
    """Asked too often. ``retry_after_s`` says when to come back."""

    code = "too-many"

    def __init__(self, message: str, retry_after_s: int) -> None:
        """Keep the message and the number of whole seconds to wait."""
        super().__init__(message)
        self.retry_after_s = retry_after_s


class LawError(GatebookError):
    """The law tree itself is wrong: a gap, a clash, a missing citation, an unknown fact."""

    code = "law"


class ListError(GatebookError):
    """A list cannot be read, or is refused."""

    code = "list"


class LedgerError(GatebookError):
    """The ledger or a proof does not hold."""

    code = "ledger"


class VaultError(GatebookError):
    """A record cannot be sealed or opened."""

    code = "vault"


class Shredded(VaultError):
    """The key of this subject was destroyed; the record can never be opened again."""

    code = "shredded"


class SettingsError(GatebookError):
    """The house is set up wrongly."""

    code = "settings"


class Unavailable(GatebookError):
    """Something outside did not answer; trying again may help."""

    code = "unavailable"
