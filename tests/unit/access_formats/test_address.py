"""What a source wrote where an address belongs."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from gatebook.record.events.address import put_address, read_address
from gatebook.record.events.form import Receipt
from gatebook.terms.access_event import AddressKind

K = AddressKind
PROXIES = (ip_network("198.51.100.0/24"), ip_network("2001:db8:ffff::/48"))


@pytest.mark.parametrize(
    ("raw", "address", "kind"),
    [
        ("203.0.113.7", "203.0.113.7", K.ADDRESS),
        (" 203.0.113.7 ", "203.0.113.7", K.ADDRESS),
        ("203.0.113.7:443", "203.0.113.7", K.ADDRESS),
        ("[2001:DB8:0:0::1]:8443", "2001:db8::1", K.ADDRESS),
        ("[2001:db8::1]", "2001:db8::1", K.ADDRESS),
        ("/198.51.100.4", "198.51.100.4", K.ADDRESS),
        ("::ffff:203.0.113.7", "203.0.113.7", K.ADDRESS),
        ("[::ffff:203.0.113.7]:1", "203.0.113.7", K.ADDRESS),
        ("fe80::1%eth0", "fe80::1", K.ADDRESS),
        ("203.0.113.7,", "203.0.113.7", K.ADDRESS),
        ("203.0.113.7, 10.0.0.1", "203.0.113.7", K.LIST),
        ("203.0.113.7,192.0.2.9,100.64.0.1", "192.0.2.9", K.LIST),
        ("192.0.2.9 198.51.100.4", "192.0.2.9", K.LIST),
        ("2001:db8::5, 2001:db8:ffff::2, fd00::1", "2001:db8::5", K.LIST),
        ("10.0.0.1, 192.168.0.1", "10.0.0.1", K.LIST),
        ("198.51.100.1, 198.51.100.2", "198.51.100.1", K.LIST),
        ("203.0.113.7, unknown, 10.0.0.1", "", K.LIST),
        ("203.0.113.7, unix:", "203.0.113.7", K.LIST),
        ("@", "", K.SOCKET),
        ("/run/lxd.socket", "", K.SOCKET),
        ("unix:/run/x", "", K.SOCKET),
        ("AWS Internal", "", K.SERVICE),
        ("autoscaling.amazonaws.com", "", K.SERVICE),
        ("private", "", K.SERVICE),
        ("gce-internal-ip", "", K.SERVICE),
        ("ec2-203-0-113-7.compute-1.amazonaws.com", "", K.HOST),
        ("customer.example:8080", "", K.HOST),
        ("06.237.252.245", "", K.UNKNOWN),
        ("0x7f.1", "", K.UNKNOWN),
        ("203.0.113.7:99999", "", K.UNKNOWN),
        ("203.0.113", "", K.UNKNOWN),
        ("0.0.0.0", "", K.UNKNOWN),  # noqa: S104 - read, not bound to
        ("::", "", K.UNKNOWN),
        ("-", "", K.UNKNOWN),
        ("", "", K.UNKNOWN),
        ("\ud800", "", K.UNKNOWN),
        ("٢٠٣.٠.١١٣.٧", "", K.UNKNOWN),
        ("203.0.113.7\n", "203.0.113.7", K.ADDRESS),
    ],
)
def test_an_address_is_read_for_what_it_is(raw: str, address: str, kind: AddressKind) -> None:
    # Breaks when an address is read as another than its writer meant, or what is none is taken for one.
    assert read_address(raw, PROXIES) == (address, kind)


def test_hops_of_a_list_keep_their_order() -> None:
    # Breaks when sourceIPs lose hops, or an object where an address belongs stops the reading.
    parts = put_address(["203.0.113.7", 5, "10.0.0.1"], Receipt(0))
    assert parts == {"address": "203.0.113.7", "address_kind": K.LIST, "raw_address": "203.0.113.7, 10.0.0.1"}
    assert put_address({"ip": 1}, Receipt(0))["address"] == ""
    assert put_address(None, Receipt(0))["raw_address"] == ""
