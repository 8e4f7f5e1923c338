"""OFAC's "identifications": which of them are numbers of documents and registrations, and which are something else.

The trap guarded against: a website, a gender or a warning taken for a number that confirms a person.
"""

from __future__ import annotations

import re

from gatebook.screen.lists.draft import Draft
from gatebook.screen.lists.tally import Tally

#: kinds that number one person, company, ship or aircraft
NUMBERS = frozenset(
    """Afghan Money Service Provider License Number|Aircraft Construction Number (also called L/N or S/N or F/N)
    |Aircraft Manufacturer's Serial Number (MSN)|Aircraft Mode S Transponder Code|Aircraft Serial Identification
    |Aircraft Tail Number|BIK (RU)|Birth Certificate Number|Bosnian Personal ID No.|Branch Unit Number
    |British National Overseas Passport|Business Number|Business Registration Document #|Business Registration Number
    |C.I.F.|C.R. No.|C.U.I.|C.U.I.P.|C.U.I.T.|C.U.R.P.|CNP (Personal Numerical Code)|CUIT|CURP
    |Cartilla de Servicio Militar Nacional|Cedula No.|Central Registration System Number
    |Certificate of Incorporation Number|Chamber of Commerce Number|Chinese Commercial Code|Citizen's Card Number
    |Commercial Registry Number|Company Number|Credencial electoral|D-U-N-S Number|D.N.I.|Diplomatic Passport
    |Driver's License No.|Dubai Chamber of Commerce Membership No.|Economic Register Number (CBLS)
    |Electoral Registry No.|Enterprise Number|File Number|Fiscal Code|Folio Mercantil No.|Global Intermediary
    Identification Number|Government Gazette Number|Haitian ID|I.F.E.|IBAN|ISIN|Identification Number|Immigration No.
    |Interpol: Red Notice. File No.|Istanbul Chamber of Comm. No.|Italian Fiscal Code|Kenyan ID No.|LE Number
    |Legal Entity Number|License|License Number|MICEX Code|MMSI|MSB Registration Number|MarineTraffic ID
    |Matricula Mercantil No|Moroccan Personal ID No.|N.I.E.|NIT #|National Foreign ID Number|National ID No.
    |Numero Unico de Identificacao Tributaria (NUIT)|Numero de Identidad|Other Vessel Call Sign
    |Paraguayan tax identification number|Passport|Permit Number|Personal ID Card|Phone License|Pilot License Number
    |Previous Aircraft Tail Number|Public Registration Number|Public Security and Immigration No.|R.F.C.|RFC|RIF #
    |RSIN|RTN|RUC #|Refugee ID Card|Registered Charity No.|Registration ID|Registration Number|Residency Number
    |Romanian C.R.|Romanian Permanent Resident|Romanian Tax Registration|SRE Permit No.|SSN|SWIFT/BIC
    |Seafarer's Identification Document|Serial No.|Stateless Person ID Card|Stateless Person Passport
    |Tarjeta Profesional|Tarjeta de Identidad|Tax ID No.|Tazkira National ID Card|Tourism License No.
    |Trade License No.|Travel Document Number|Turkish Identification Number|UAE Identification|UK Company Number
    |US FEIN|Unified Social Credit Code (USCC)|United Social Credit Code Certificate (USCCC)|V.A.T. Number
    |Vehicle Registration Number|Vessel Registration Identification|VisaNumberID""".replace("\n    Id", " Id")
    .replace("\n    ", "")
    .split("|")
)
#: kinds that say something else, each known and left alone
SOMETHING_ELSE = frozenset(
    """Additional Sanctions Information -|Aircraft Manufacture Date|Aircraft Model|Aircraft Operator|Aircraft Type
    |CAATSA Section 235 Information:|CMIC Determination -|Email Address|Equity Ticker|Fax|Former Vessel Flag
    |IFCA Determination -|Organization Established Date|Organization Type:|Other Vessel Flag|Other Vessel Type
    |Phone Number|Secondary sanctions risk:|Target Type|Transactions Prohibited For Persons Owned or Controlled By
    U.S. Financial Institutions:|UN/LOCODE|Vessel Year of Build|Website|Listing Date|Effective Date
    |Purchase/Sales For Divestment Date""".replace("\n    U.S.", " U.S.")
    .replace("\n    ", "")
    .split("|")
)
_ORDERS = ("Executive Order ", "Listing Date", "Effective Date", "Purchase/Sales", "CAATSA ", "Secondary sanctions")
_WALLET = re.compile(r"Digital Currency Address - ([A-Z0-9]{2,8})")
_IMO = re.compile(r"IMO:? ?(\d{7})\b")


def take_id(draft: Draft, kind: str, number: str, country: str, row: str, tally: Tally) -> None:
    """Put one identification where it belongs. A kind nobody knows is kept as a number and reported."""
    if found := _WALLET.match(kind):
        draft.wallet(found[1], number, row)
    elif kind == "Gender":
        draft.sex(number)
    elif kind in {"Nationality of Registration", "Vessel Flag"}:
        draft.lives_in(country or number, row)
    elif kind not in SOMETHING_ELSE and not kind.startswith(_ORDERS):
        if kind not in NUMBERS:
            tally.unknown_field(f"id-kind:{kind[:60]}")
        if imo := _IMO.match(number):
            kind, number = "IMO", imo[1]
        draft.document(kind, number, row, country)
