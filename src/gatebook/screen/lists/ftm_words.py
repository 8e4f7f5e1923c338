"""The words of FollowTheMoney: schemata, and which of their properties say who somebody is.

The trap guarded against: a property that names or numbers somebody and is read by nobody. What is left alone is listed,
so that anything else is reported.
"""

from __future__ import annotations

from collections.abc import Mapping

KINDS: Mapping[str, str] = {
    "Person": "individual",
    "Organization": "entity",
    "Company": "entity",
    "PublicBody": "entity",
    "LegalEntity": "unknown",
    "Vessel": "vessel",
    "Airplane": "aircraft",
    "CryptoWallet": "unknown",
}
#: entities that say more about another one, and the property that names it
HOLDERS: Mapping[str, str] = {"Passport": "holder", "Identification": "holder", "Sanction": "entity"}
#: entities that say nothing a person is compared by
ENTITIES_LEFT_ALONE = frozenset(
    """Address Article Associate Documentation Directorship Employment Event Family Membership Note Occupancy Ownership
    Payment Position ProjectParticipant Representation Security Succession UnknownLink""".split()  # noqa: SIM905  words in a line
)
NAMES: Mapping[str, str] = {
    "alias": "strong",
    "previousName": "strong",
    "pastNames": "strong",
    "weakAlias": "weak",
    "abbreviation": "weak",
}
#: parts of a name, in the order they make one where no name stands whole
NAME_PARTS = ("firstName", "secondName", "middleName", "fatherName", "lastName")
NUMBERS: Mapping[str, str] = {
    "passportNumber": "Passport",
    "idNumber": "National ID",
    "socialSecurityNumber": "Social Security Number",
    "taxNumber": "Tax ID",
    "registrationNumber": "Registration Number",
    "innCode": "INN",
    "ogrnCode": "OGRN",
    "kppCode": "KPP",
    "okpoCode": "OKPO",
    "leiCode": "LEI",
    "uscCode": "USCC",
    "dunsCode": "D-U-N-S Number",
    "swiftBic": "SWIFT/BIC",
    "vatCode": "VAT",
    "bikCode": "BIK",
    "cikCode": "CIK",
    "npiCode": "NPI",
    "uniqueEntityId": "UEI",
    "voenCode": "VOEN",
    "irsCode": "IRS Number",
    "jibCode": "JIB",
    "mbsCode": "MBS",
    "pfrNumber": "PFR Number",
    "imoNumber": "IMO",
    "mmsi": "MMSI",
    "crsNumber": "CRS Number",
    "callSign": "Call Sign",
    "serialNumber": "Serial Number",
}
LIVES = ("country", "jurisdiction", "mainCountry", "flag", "pastFlags")
BELONGS = ("nationality", "citizenship")
_READ = frozenset(
    {
        *NAMES,
        *NAME_PARTS,
        *NUMBERS,
        *LIVES,
        *BELONGS,
        *HOLDERS.values(),
        *("name", "birthDate", "gender", "topics", "program", "programId", "sanctions"),
        *("publicKey", "currency", "type", "number"),
    }
)
_LEFT_ALONE = frozenset(
    """accountId address addressEntity alephUrl amount amountEur amountUsd appearance authority authorityId balance
    balanceDate birthCountry birthPlace buildDate bvdId caemCode capital classification coatoCode createdAt
    creationDate date deadweightTonnage deathDate description dissolutionDate duration education email endDate
    ethnicity eyeColor fnsCode fssCode grossRegisteredTonnage hairColor height holder ibcRuc icaoCode icijId
    identification incorporationDate indexText ipoCode isinCode keywords legalForm listingDate managingExchange
    mangingExchange manufacturer model modifiedAt motherName nameChangeDate nameSuffix navigationArea notes
    okopfCode oksmCode okvedCode opencorporatesUrl operator owner parent passport pastTypes permId phone political
    position privateKey profession proof provisions publisher publisherUrl reason recordId registrationPort
    religion retrievedAt ricCode sayariId sector sourceUrl spokenLanguage startDate status subsidiaries summary
    taxStatus ticker title tonnage unscId website weight wikidataId wikipediaUrl""".split()  # noqa: SIM905  words in a line
)


def is_known(name: str) -> bool:
    """Return whether a property is read, or known and left alone."""
    return name in _READ or name in _LEFT_ALONE
