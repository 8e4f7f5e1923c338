"""The text a custodian may sign so that a production needs no witness in court: FRE 902(11), (13), (14), 28 USC 1746.

The trap guarded against: a machine that certifies. The text describes how records are made and names the digest; who
signs, what they know and whether it is true are blanks a person fills in, and it says that until then it is nothing.
"""

from __future__ import annotations

from gatebook.trace.production.templates import fill
from gatebook.trace.production.told import INSTRUMENTS, Told

_MOST_STEPS = 60


def certificate_text(told: Told) -> bytes:
    """Return the unsigned certificate as plain text."""
    values = {"told": told, "instrument": INSTRUMENTS[told.instrument], "most_steps": _MOST_STEPS}
    return fill("certificate.txt", values).encode()


def certificate_pdf(told: Told) -> bytes:
    """Return the unsigned certificate as PDF, to be printed and signed by hand. Deterministic, as the cover is."""
    from gatebook.trace.production.pdf import Sheet  # noqa: PLC0415  the PDF library is heavy

    sheet = Sheet(f"Certificate, not signed, for production {told.production}", told.made_at)
    sheet.lines(certificate_text(told).decode())
    return sheet.finish()
