"""The country of a network address, from a local file with a date: weak evidence, and unknown when no file is there.

The trap guarded against: a guess for an address no file covers.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

from gatebook.errors import SettingsError


@dataclass(frozen=True, slots=True)
class IpCountry:
    """Ranges by version: starts, ends and countries, sorted by start."""

    ranges: dict[int, tuple[list[int], list[int], list[str]]]

    @staticmethod
    def load(paths: list[Path]) -> IpCountry:
        """Read files in the layout ``low,high,CC`` (whole numbers or addresses), as tor-geoipdb ships them."""
        rows: dict[int, list[tuple[int, int, str]]] = {4: [], 6: []}
        for path in paths:
            try:
                for line in path.read_text("ascii").splitlines():
                    if line and not line.startswith("#"):
                        low, high, country = line.split(",")[:3]
                        version = 6 if ":" in low else 4
                        rows[version].append((_number(low), _number(high), country.strip('"')))
            except (OSError, ValueError):
                raise SettingsError(f"the address file {path.name} cannot be read as low,high,country") from None
        columns = {}
        for version, found in rows.items():
            found.sort()
            columns[version] = ([r[0] for r in found], [r[1] for r in found], [r[2] for r in found])
        return IpCountry(columns)

    def country(self, address: str) -> str | None:
        """Return the ISO country of an address, or None for unknown."""
        try:
            found: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address)
        except ValueError:
            return None
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
            found = found.ipv4_mapped
        starts, ends, countries = self.ranges[found.version]
        n = bisect_right(starts, int(found)) - 1
        if n < 0 or int(found) > ends[n] or countries[n] in ("??", ""):
            return None
        return countries[n]


def _number(text: str) -> int:
    text = text.strip('"')
    return int(text) if text.isdigit() else int(ipaddress.ip_address(text))
