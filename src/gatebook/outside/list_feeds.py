"""List feeds: the official addresses, and fetching them whole or not at all.

The trap guarded against: half a file, a page of excuses, or what somebody on the way wrote, taken for a list.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import httpx

from gatebook.errors import ListError, Unavailable

_OFAC = "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/"
#: list id -> the files it is made of and where they are published
FEEDS: Mapping[str, Mapping[str, str]] = {
    "ofac-sdn": {name: _OFAC + name for name in ("SDN.CSV", "ALT.CSV", "ADD.CSV", "SDN_COMMENTS.CSV")},
}
_MOST_BYTES, _MOST_REDIRECTS, _TOTAL_S = 256 * 1024 * 1024, 5, 600.0
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def fetch(
    files: Mapping[str, str],
    client: httpx.Client,
    progress: Callable[[str, int], None] = lambda _, __: None,
    total_s: float = _TOTAL_S,
) -> dict[str, bytes]:
    """Fetch every file of a list; ``progress(name, bytes so far)``. Raises Unavailable or ListError; keeps nothing.

    ``total_s`` bounds each file, redirects included.
    """
    return {name: _one(name, url, client, progress, time.monotonic() + total_s) for name, url in files.items()}


def _one(name: str, url: str, client: httpx.Client, progress: Callable[[str, int], None], deadline: float) -> bytes:
    """Follow redirects by hand, each judged like the first address: one in the clear would undo all that https gave."""
    try:
        first = here = httpx.URL(url)
        for _ in range(_MOST_REDIRECTS + 1):
            _check(here, first)
            with client.stream("GET", here, follow_redirects=False) as response:
                if not response.has_redirect_location:
                    return _body(name, response, progress, deadline)
                here = here.join(response.headers["location"])
    except httpx.InvalidURL:
        raise ListError(f"{name} is, or was redirected to, what is no address; the old edition stays") from None
    except httpx.HTTPError as error:
        raise Unavailable(f"{name} could not be fetched ({type(error).__name__}); the old edition stays") from None
    raise ListError(f"{name} is redirected more than {_MOST_REDIRECTS} times; the old edition stays")


def _check(here: httpx.URL, first: httpx.URL) -> None:
    is_local = here.scheme == first.scheme == "http" and {here.host, first.host} <= _LOOPBACK
    if not is_local and not (here.scheme == "https" and here.host):
        raise ListError("a list is fetched over https only, wherever it is redirected; the old edition stays")


def _body(name: str, response: httpx.Response, progress: Callable[[str, int], None], deadline: float) -> bytes:
    if not response.is_success:
        raise Unavailable(f"{name}: the list's publisher answered {response.status_code}; the old edition stays")
    found = bytearray()
    for chunk in response.iter_bytes():
        found += chunk
        progress(name, len(found))
        if len(found) > _MOST_BYTES:
            raise ListError(f"{name} is larger than any list; the old edition stays")
        if time.monotonic() > deadline:
            raise Unavailable(f"{name} took too long to arrive; the old edition stays")
    return bytes(found)
