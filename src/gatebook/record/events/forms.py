"""All forms, in the order in which a record of unknown form is tried.

The trap guarded against: a wide form before a narrow one. Each form with a mark of its own stands before those that
would also take its records, and the plain syslog line, which is nearly any line, stands last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatebook.errors import NotFound
from gatebook.record.events import (
    azure,
    cadf,
    cef,
    cloudtrail,
    combined,
    gcp,
    kubernetes,
    lxd,
    ocsf,
    own,
    syslog,
)
from gatebook.record.events.form import JsonForm, LineForm
from gatebook.terms.access_event import AccessEvent

JSON_FORMS: tuple[JsonForm, ...] = (
    own.FORM,
    kubernetes.FORM,
    cadf.FORM,
    cloudtrail.FORM,
    *gcp.FORMS,
    *ocsf.FORMS,
    *azure.FORMS,
    lxd.FORM,
)
LINE_FORMS: tuple[LineForm, ...] = (*cef.FORMS, *combined.FORMS, *syslog.FORMS)

FORMS: tuple[JsonForm | LineForm, ...] = (*JSON_FORMS, *LINE_FORMS)
#: How an event can be written, beside the ways in which it is read.
WRITTEN: dict[str, Callable[[AccessEvent], dict[str, Any]]] = {own.NAME: own.to_plain, ocsf.NAME: ocsf.to_ocsf}
BY_NAME = {form.name: form for form in FORMS}


def form_named(name: str) -> JsonForm | LineForm:
    """Return the form of this name. Raises NotFound, which tells the names there are."""
    form = BY_NAME.get(name)
    if form is None:
        raise NotFound(f"There is no form of this name; there are: {', '.join(BY_NAME)}.")
    return form
