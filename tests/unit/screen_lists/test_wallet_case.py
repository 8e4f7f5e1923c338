"""Addresses whose chain is told by their first letter, and those whose letters lost their case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebook.terms.evidence import Verification
from gatebook.terms.wallet import has_lost_case, normal_wallet


@pytest.mark.parametrize(
    ("currency", "address"),
    [
        ("USDT", "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8"),
        ("USDT", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
        ("USDT", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
        ("BCH", "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"),
        ("BCH", "qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"),
        ("BCH", "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu"),
    ],
)
def test_a_currency_of_several_chains_or_forms(currency: str, address: str) -> None:
    # Breaks when a listed address is called wrong because its currency has more than one form.
    assert normal_wallet(currency, address)[0] is Verification.VERIFIED
    assert not has_lost_case(currency, address)


def test_one_letter_changed_is_another_address() -> None:
    # Breaks when the code of a Bitcoin Cash address is not tested.
    assert normal_wallet("BCH", "qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6q")[0] is Verification.REFUTED


@pytest.mark.parametrize(
    ("currency", "address", "lost"),
    [
        ("XBT", "1a1zp1ep5qgefi2dmptftl5slmv7divfna", True),
        ("USDT", "tjrabprwbzy45sbavfcjinpjc18kjprtv8", True),
        ("XBT", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", False),
        ("ETH", "0x52908400098527886e0f7030069857d2e4169ee7", False),
        ("XMR", "5be5543ff73456ab9f2d207887e2af87322c651ea1a873c5b25b7ffae456c320", False),
        ("XBT", "1B11Ezqg3AXj", False),
    ],
)
def test_an_address_that_lost_its_case(currency: str, address: str, lost: bool) -> None:
    # Breaks when small letters pass where both cases are needed, or are refused where they are right.
    assert has_lost_case(currency, address) is lost


@given(st.text(max_size=60), st.sampled_from(["XBT", "USDT", "BCH", "XMR", "BNB", "BTG", "XYZ", ""]))
def test_any_text_has_lost_its_case_or_not(text: str, currency: str) -> None:
    # Breaks when a question about an address raises.
    assert has_lost_case(currency, text) in {True, False}
