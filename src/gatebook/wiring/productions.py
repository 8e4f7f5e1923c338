"""Productions of a house: searched, proposed, built and released with the access record and what lies outside it.

The trap guarded against: plaintext left behind. Where a recipient's key is given, only what is encrypted to it is kept
and handed over; an archive that nobody gave a key for lies in a folder for the owner's eyes alone.
"""

from __future__ import annotations

import hashlib
import secrets
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from gatebook.canonical import Plain
from gatebook.errors import Conflict, FieldProblem, InvalidInput, LedgerError, NotFound, SettingsError, reason_of
from gatebook.procedures import build_production, propose_production, render, search_demand
from gatebook.procedures.gather_production import Outside
from gatebook.procedures.house import Operator
from gatebook.record.checkpoint import parse_checkpoint
from gatebook.record.cosignature import cosigned_at, cosigner_of
from gatebook.store.files import make_private, write_durably
from gatebook.store.production_folder import ProductionFolder, one_file_verifier
from gatebook.store.turn import a_turn
from gatebook.trace.production.etsi import deliver_message, read_exchange
from gatebook.wiring.premises import Premises
from gatebook.wiring.witness import ask_now

if TYPE_CHECKING:
    from gatebook.trace.production.bag import Built


def search(premises: Premises, operator: Operator, demand_id: str) -> dict[str, Any]:
    """Look for everything a demand names."""
    with premises.access() as access:
        return search_demand.search_demand(premises.house, access, operator, demand_id)


def propose(premises: Premises, operator: Operator, demand_id: str, accounts: Sequence[str]) -> dict[str, Any]:
    """Propose the exact list of what to hand over."""
    with premises.access() as access:
        return propose_production.propose_production(premises.house, access, operator, demand_id, accounts)


def build(premises: Premises, operator: Operator, production_id: str) -> dict[str, Any]:
    """Build an approved production."""
    press = _Press(premises)
    outside = Outside(
        verifier=one_file_verifier(),
        ask_witnesses=lambda: ask_now(premises),
        stamp=_stamp(premises),
        cosigners=lambda note: _cosigners(premises, note),
    )
    folder = premises.folder / "productions"
    make_private(folder)
    with a_turn(folder / ".building"), premises.access() as access:  # what is entered is what lies there: one at a time
        return build_production.build_production(premises.house, access, operator, production_id, outside, press)


def release(premises: Premises, operator: Operator, production_id: str) -> dict[str, Any]:
    """Enter the disclosure of a production, once its file is there."""
    with premises.house.state.read() as work:
        row = propose_production.production_row(work, production_id)
    _file(premises, row["production_id"], row["sealed_to"] or "")
    return render.row(build_production.release_production(premises.house, operator, production_id))


def released_file(premises: Premises, operator: Operator, production_id: str) -> Path:
    """Return the file of a released production: what was encrypted, where it was. Raises Conflict, NotFound."""
    row = build_production.released(premises.house, operator, production_id)
    return _file(premises, production_id, row["sealed_to"] or "")


def sweep(premises: Premises) -> list[str]:
    """Remove the files of productions whose demand is closed or holds nobody any more; return their names.

    A file holds what it shows in the clear, and from then on nothing keeps its subjects' data.
    """
    folder, gone = _folder(premises), list[str]()
    for name in folder.names():
        with premises.house.state.read() as work:
            row = work.registers.get("productions", name.partition(".")[0])
            demand = work.registers.get("demands", row["demand_id"]) if row else None
            holds = {"demand_id": demand["demand_id"], "state": "in-force"} if demand else {}
            is_kept = demand is None or (not demand["closed_at"] and work.registers.count("holds", holds) > 0)
        if not is_kept:
            folder.remove(name)
            gone.append(name)
    return gone


def release_to(premises: Premises, operator: Operator, production_id: str, out: Path) -> dict[str, Any]:
    """Enter the disclosure, and only then write the file to ``out``. Raises InvalidInput where it cannot be."""
    if out.exists():
        raise InvalidInput("this file is there already", (FieldProblem("/out", "exists", "choose a new name"),))
    shown = release(premises, operator, production_id)
    file = released_file(premises, operator, production_id)
    try:
        with file.open("rb") as source:
            data = source.read()
        write_durably(out, data)
    except OSError as error:
        raise InvalidInput(
            "the file cannot be written; the disclosure was entered, and the file can be asked for again",
            (FieldProblem("/out", "unwritable", reason_of(error)),),
        ) from None
    return {**shown, "file": str(out), "file_sha256": hashlib.sha256(data).hexdigest()}


def delivered(premises: Premises, operator: Operator, production_id: str, exchange: Plain) -> bytes:
    """Return a released production as an ETSI TS 103 120 message. Raises InvalidInput, Conflict, TooLarge.

    ``exchange`` is what both sides agreed: see :class:`~gatebook.trace.production.etsi.Exchange`.
    """
    from gatebook.outside.encryption import MEDIA_TYPES, KeyKind  # noqa: PLC0415  as above

    row = build_production.released(premises.house, operator, production_id)
    sealed_to = row["sealed_to"] or ""
    data = _file(premises, production_id, sealed_to).read_bytes()
    kind = MEDIA_TYPES[KeyKind(sealed_to)] if sealed_to else "application/zip"
    return deliver_message(data, kind, read_exchange(exchange), premises.now())


class _Press:
    """Keeps archives of a house, and encrypts them where the demand names a key."""

    def __init__(self, premises: Premises) -> None:
        self._premises, self._folder = premises, _folder(premises)

    def build(
        self, production: str, recipient_key: str, make: Callable[[IO[bytes]], Built]
    ) -> build_production.Pressed:
        """Write the archive, verify it as a stranger would; where there is a key keep it encrypted to that alone."""
        name = f"{production}.zip"
        if not recipient_key:
            built = self._folder.write(name, make)
            path = self._folder.path(name)
            try:
                self._verify(path)
            except LedgerError:
                self._folder.remove(name)
                raise
            return build_production.Pressed(built, path.stat().st_size, "")
        from gatebook.outside.encryption import ENDINGS, kind_of, seal_file  # noqa: PLC0415  loads a library for age

        now = self._premises.now()
        kind = kind_of(recipient_key, now)
        with self._folder.scratch(name) as (part, out):  # never under a name of its own: a crash leaves nothing of it
            built = make(out)
            out.flush()
            self._verify(part)
            self._folder.write(name + ENDINGS[kind], lambda target: seal_file(part, target, recipient_key, now))
            return build_production.Pressed(built, part.stat().st_size, kind.value)

    def _verify(self, path: Path) -> None:
        """Run the verifier over an archive, in a process of its own. Raises LedgerError."""
        command = [sys.executable, "-I", "-S", "-", str(path), "--vkey", self._premises.house.signer.vkey]
        done = subprocess.run(command, input=one_file_verifier(), capture_output=True, check=False)  # noqa: S603  our own
        if done.returncode:
            last = done.stdout.decode(errors="replace").strip().rpartition("\n")[2]  # how many checks; no name is in it
            raise LedgerError(f"what was built does not verify, so it is not kept: {last or 'the verifier failed'}")


def _folder(premises: Premises) -> ProductionFolder:
    return ProductionFolder(premises.folder / "productions")


def _file(premises: Premises, production_id: str, sealed_to: str) -> Path:
    """Return where a production lies. Raises Conflict for one that was not built here."""
    from gatebook.outside.encryption import ENDINGS, KeyKind  # noqa: PLC0415  as above

    ending = ENDINGS[KeyKind(sealed_to)] if sealed_to else ""
    try:
        return _folder(premises).path(f"{production_id}.zip{ending}")
    except NotFound:
        raise Conflict("the file of this production is not here: not built yet, or its demand is closed") from None


def _stamp(premises: Premises) -> Callable[[bytes], bytes]:
    """Return what gives a time stamp: the authority of the settings, or nothing."""
    if not premises.settings.tsa_url:
        return lambda _: b""
    from gatebook.outside.time_stamp import TimeStampAuthority, read_certificates  # noqa: PLC0415  as above

    file = premises.settings.tsa_certificate_file
    try:
        certificates = read_certificates(Path(file).read_bytes()) if file else ()
    except OSError as error:
        raise SettingsError(f"tsa_certificate_file cannot be read: {reason_of(error)}") from None
    return TimeStampAuthority(premises.settings.tsa_url, premises.client, secrets.token_bytes, certificates).stamp


def _cosigners(premises: Premises, note: bytes) -> list[str]:
    """Return the keys of those of the house's witnesses that cosigned a checkpoint."""
    head = parse_checkpoint(note)
    return [vkey for vkey in premises.settings.witnesses if cosigned_at(head, cosigner_of(vkey)) is not None]
