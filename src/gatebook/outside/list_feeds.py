"""List feeds: the official addresses, and fetching them whole or not at all.

The trap guarded against: half a file, or a page of excuses, taken for a list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx

from gatebook.errors import ListError, Unavailable

_OFAC = "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/"
#: list id -> the files it is made of and where they are published
FEEDS: Mapping[str, Mapping[str, str]] = {
    "ofac-sdn": {name: _OFAC + name for name in ("SDN.CSV", "ALT.CSV", "ADD.CSV", "SDN_COMMENTS.CSV")},
}
_MOST_BYTES = 256 * 1024 * 1024
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def fetch(
    files: Mapping[str, str], client: httpx.Client, progress: Callable[[str, int], None] = lambda _, __: None
) -> dict[str, bytes]:
    """Fetch every file of a list; ``progress(name, bytes so far)``. Raises Unavailable or ListError; keeps nothing."""
    return {name: _one(name, url, client, progress) for name, url in files.items()}


def _one(name: str, url: str, client: httpx.Client, progress: Callable[[str, int], None]) -> bytes:
    address = httpx.URL(url)
    if address.scheme != "https" and address.host not in _LOOPBACK:
        raise ListError("a list is fetched over https only")
    found = bytearray()
    try:
        with client.stream("GET", address, follow_redirects=address.scheme == "https") as response:
            if not response.is_success:
                raise Unavailable(
                    f"{name}: the list's publisher answered {response.status_code}; the old edition stays"
                )
            for chunk in response.iter_bytes():
                found += chunk
                progress(name, len(found))
                if len(found) > _MOST_BYTES:
                    raise ListError(f"{name} is larger than any list; the old edition stays")
    except httpx.HTTPError as error:
        raise Unavailable(f"{name} could not be fetched ({type(error).__name__}); the old edition stays") from None
    return bytes(found)
