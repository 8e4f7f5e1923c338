"""Numbers and wallet addresses, found exactly or not at all, in memory or through the keyed index.

The trap guarded against: an address whose letters' case was lost. Base58 keeps its case; hex and bech32 have none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pycountry

from gatebook.screen.lists.countries import codes_of
from gatebook.screen.party import ListEdition, ListedParty
from gatebook.screen.screening import Candidate, Query
from gatebook.terms.identifier import ADDRESS, NUMBER, plain_address, plain_number
from gatebook.terms.wallet import normal_wallet, ticker_of, tickers_of

_ICAO = {"DE": "D"}  # all others are the three letters of ISO 3166
_Found = list[tuple[ListEdition, ListedParty]]


class Identifiers:
    """The numbers and addresses of list editions."""

    def __init__(self, editions: Sequence[ListEdition]) -> None:
        self._exact: dict[tuple[str, str], _Found] = {}
        for edition in editions:
            for party in edition.parties:
                for key in sorted(set(_keys(party.numbers, party.wallets, [d.number for d in party.documents]))):
                    self._exact.setdefault(key, []).append((edition, party))

    def find(self, query: Query) -> list[Candidate]:
        """Return the parties with a number or address of the query.

        A wallet address is one in the world; a bare number may be another country's, so it is only possible.
        """
        return [
            _candidate(edition, party, "number" if key[0] == NUMBER else "wallet")
            for key in dict.fromkeys(_keys(query.numbers, query.wallets, ()))
            for edition, party in self._exact.get(key, [])
        ]


def _keys(
    numbers: Iterable[tuple[str, str]], wallets: Iterable[tuple[str, str]], documents: Iterable[str]
) -> Iterable[tuple[str, str]]:
    for value in (*(v for _, v in numbers), *documents):
        if number := plain_number(value):
            yield NUMBER, number
    for _, address in wallets:
        yield ADDRESS, plain_address(address)


def indexed_values(party: ListedParty) -> tuple[tuple[str, str], ...]:
    """Return (field, normal value) of all of a party that the keyed index may hold of somebody, to be found there.

    What was sealed before numbers and addresses had fields of their own lies under the currency or the issuing state,
    so these are asked for too, where the list names them.
    """
    found = [*_keys(party.numbers, party.wallets, [d.number for d in party.documents])]
    for currency, address in party.wallets:
        tickers = dict.fromkeys((ticker_of(currency), *tickers_of(address)))
        found += [("wallet", f"{ticker}:{normal_wallet(ticker, address)[1]}") for ticker in tickers]
    for document in party.documents:
        for state in codes_of(document.country) or ():
            found.append(("national_number", f"{state}:{plain_number(document.number)}"))
            found.append(("document_number", f"{_as_in_documents(state)}:{plain_number(document.number)}"))
    return tuple(dict.fromkeys(found))


def _as_in_documents(state: str) -> str:
    """Return a state as the machine-readable lines of its documents name it (ICAO 9303)."""
    country = pycountry.countries.get(alpha_2=state)
    return _ICAO.get(state, str(country.alpha_3) if country else state)


def _candidate(edition: ListEdition, party: ListedParty, by: str) -> Candidate:
    return Candidate(
        edition.list_id,
        edition.digest,
        party.party_id,
        party.names[0].row,
        party.names[0].text,
        by,
        "1.000000" if by == "wallet" else "0.900000",
        "confirmed" if by == "wallet" else "possible",
        (),
        (by,),
        (),
        edition.blocks(party),
        party.programmes,
        f"The {by} given is exactly one listed for {party.names[0].text}.",
    )
