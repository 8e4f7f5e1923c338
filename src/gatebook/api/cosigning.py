"""Cosigning over HTTP: the one route other logs ask, without a key, as C2SP tlog-witness has it.

The trap guarded against: a stranger's route that answers in another protocol than strangers know. Its answers are
plain text, and its statuses are that page's and nobody else's.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from gatebook.api.asking import Raw, ThePremises
from gatebook.api.schemas import statuses
from gatebook.procedures.cosign_checkpoint import Word, cosign_checkpoint
from gatebook.wiring.witness import witness_desk

router = APIRouter()
PATH = "/witness/add-checkpoint"
#: Sixty-three lines of proof and a note with a dozen signatures of the largest kind.
OPEN_KIB = {PATH: 64}
_TEXT, _SIZE = "text/plain", "text/x.tlog.size"
_STATUSES = {
    Word.COSIGNED: 200,
    Word.MALFORMED: 400,
    Word.OLD_IS_LARGER: 400,
    Word.NOT_SIGNED: 403,
    Word.UNKNOWN_LOG: 404,
    Word.NOT_THE_LATEST: 409,
    Word.CONTRADICTS: 409,
    Word.DOES_NOT_FOLLOW: 422,
}
_WITH_SIZE = frozenset({Word.NOT_THE_LATEST, Word.CONTRADICTS})
_SAID: dict[int | str, dict[str, Any]] = {
    status: {
        "description": ", or ".join(word for word, its in _STATUSES.items() if its == status),
        "content": {_SIZE if status == 409 else _TEXT: {"schema": {"type": "string"}}},  # noqa: PLR2004  the size
    }
    for status in sorted(set(_STATUSES.values()))
}
_TAKES = {
    "requestBody": {
        "required": True,
        "description": "The old size, a consistency proof, an empty line, and a signed checkpoint.",
        "content": {_TEXT: {"schema": {"type": "string"}}},
    }
}


@router.post(
    PATH, response_class=Response, responses={**_SAID, **statuses(408, 413, 429, 500, 503)}, openapi_extra=_TAKES
)
def add_checkpoint(premises: ThePremises, raw: Raw) -> Response:
    """Cosign a checkpoint of a log this house watches (C2SP tlog-witness); needs no key."""
    said = cosign_checkpoint(premises.house, witness_desk(premises), raw)
    kind = _SIZE if said.word in _WITH_SIZE else f"{_TEXT}; charset=utf-8"
    return Response(said.body.encode(), _STATUSES[said.word], {"Content-Type": kind})
