"""The house as a witness, and its own witnesses: keys, places and addresses put together.

The trap guarded against: one slow witness that holds the others up.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import structlog
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gatebook.errors import GatebookError, LedgerError, SettingsError
from gatebook.outside.witness import WitnessClient, check_address
from gatebook.procedures.ask_witnesses import ALARMS, Asked, Witness, ask_witness, is_due
from gatebook.procedures.cosign_checkpoint import Desk
from gatebook.procedures.house import Operator
from gatebook.procedures.look_at_witnesses import shown
from gatebook.procedures.permit import permit
from gatebook.record.checkpoint import WITNESS_KEY, vkey_of
from gatebook.record.cosignature import Cosigner, cosigner_of
from gatebook.store.watched_logs import WatchedLogFolder
from gatebook.wiring.premises import Premises

_AT_ONCE = 8


def witness_desk(premises: Premises) -> Desk:
    """Return where this house cosigns: under the name of its ledger, with a key of its own made on first use."""
    private = premises.keys.signing_key("witness")
    cosigner = Cosigner(premises.settings.origin, private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    vkey = vkey_of(cosigner.name, cosigner.public_key, WITNESS_KEY)
    return Desk(cosigner, vkey, private.sign, WatchedLogFolder(premises.folder / "keys" / "witness"))


def witnesses_of(premises: Premises) -> list[Witness]:
    """Return the witnesses the settings name. Raises SettingsError for a key or address that is none."""
    return [_witness(vkey, url) for vkey, url in premises.settings.witnesses.items()]


def ask_all(premises: Premises, operator: Operator) -> list[dict[str, Any]]:
    """Ask every witness once, whenever it was asked before; return what is then known of each."""
    permit(premises.house, operator, "admin", "ask-witnesses")
    asked = witnesses_of(premises)
    _ask(premises, asked)
    return [shown(premises.house, witness) for witness in asked]


def ask_now(premises: Premises) -> None:
    """Ask every witness once about what was just published; who does not answer holds nothing up, and is told of."""
    try:
        _ask(premises, witnesses_of(premises))
    except GatebookError as error:
        structlog.get_logger().warning("a witness was not reached", error=error.message)


def keep_asking(premises: Premises, stop: threading.Event) -> None:
    """Until ``stop`` is set, ask each witness in a thread of its own, a second after the last asking of it ended."""
    try:
        asked = witnesses_of(premises)
    except SettingsError as error:
        structlog.get_logger().warning("no witness is asked", error=error.message)
        return
    threads = [threading.Thread(target=_keep_asking, args=(premises, one, stop), daemon=True) for one in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _keep_asking(premises: Premises, witness: Witness, stop: threading.Event) -> None:
    client = WitnessClient()
    while not stop.wait(1.0):
        try:
            if is_due(premises.house, witness):
                _tell_of(witness, ask_witness(premises.house, witness, client.post))
        except Exception as error:  # noqa: BLE001  whatever it is, it is asked again
            structlog.get_logger().warning("keeping failed", code="ask witness", error=type(error).__name__)


def _ask(premises: Premises, asked: list[Witness]) -> None:
    if not asked:
        return
    with ThreadPoolExecutor(_AT_ONCE, "witness") as pool:
        failed = [error for error in pool.map(partial(_tried, premises, WitnessClient()), asked) if error]
    if failed:
        raise failed[0]


def _tried(premises: Premises, client: WitnessClient, witness: Witness) -> GatebookError | None:
    try:
        ask_witness(premises.house, witness, client.post)
    except GatebookError as error:  # of ours; the others are asked all the same
        return error
    return None


def _tell_of(witness: Witness, known: Asked) -> None:
    if known.outcome in ALARMS:
        structlog.get_logger().warning("a witness refused", digest=witness.cosigner.key_id.hex(), outcome=known.outcome)


def _witness(vkey: str, url: str) -> Witness:
    try:
        cosigner = cosigner_of(vkey)
    except LedgerError:
        raise SettingsError("witnesses: this is no verifier key of a witness, which is of type 04") from None
    check_address(url)
    return Witness(cosigner, vkey, url)
