"""National numbers: by country, the schemes of python-stdnum that number persons or organisations.

The trap guarded against: a postal code, a bank's routing number or a vehicle's that passes for somebody's number.
What is left out on purpose is named as well, so that what a later python-stdnum adds is looked at by a person.
"""

from __future__ import annotations

from collections.abc import Mapping

_PERSONS_AND_ORGANISATIONS = """
AD nrt
AL nipt
AR cuit dni
AT businessid tin uid vnr
AU abn acn tfn
AZ voen
BE bis eid nn ssn vat
BG egn pnf vat
BR cnpj cpf
BY unp
CA bc_phn bn sin
CH ssn uid vat
CL rut
CN ric uscc
CO nit
CR cpf cpj cr
CU ni
CY vat
CZ dic rc
DE handelsregisternummer idnr stnr vat
DK cpr cvr
DO cedula rnc
DZ nif
EC ci ruc
EE ik kmkr registrikood
EG tn
ES cif dni nie nif
FI alv associationid hetu veronumero ytunnus
FO vn
FR nif nir rcs siren siret tva
GB nhs utr vat
GH tin
GN nifp
GR amka vat
GT nit
HR oib
HU anum
ID nik npwp
IE pps vat
IL hp idnr
IN aadhaar epic gstin pan vid
IS kennitala vsk
IT codicefiscale iva
JP cn in_
KE pin
KR brn rrn
LI peid
LT asmens pvm
LU tva
LV pvn
MA ice
MC tva
MD idno
ME pib
MK edb
MT vat
MU nid
MX curp rfc
MY nric
MZ nuit
NL bsn btw identiteitskaartnummer
NO fodselsnummer mva orgnr
NZ ird
PE cui ruc
PK cnic
PL nip pesel regon
PT cc nif
PY ruc
RO cf cnp cui onrc
RS pib
RU inn ogrn
SE orgnr personnummer vat
SG uen
SI ddv emso maticna
SK dph rc
SM coe
SN ninea
SV nit
TH moa pin tin
TN mf
TR tckimlik vkn
TW ubn
UA edrpou rntrc
US atin ein itin ptin ssn tin
UY rut
VE rif
VN mst
ZA idnr tin
"""
#: Numbers of accounts, payments, places, goods, pupils, sites and securities; and modules that are no scheme.
_OF_SOMETHING_ELSE = """
AR cbu
AT postleitzahl
BE iban ogm_vcs
CH esr
CZ bankaccount
DE leitweg wkn
DO ncf
ES cae ccc cups iban postal_code referenciacatastral
EU at_02 banknote ecnumber eic excise nace oss vat
FR accise
GB sedol upn
ISO7064 mod_11_10 mod_11_2 mod_37_2 mod_37_36 mod_97_10
IT aic
ME iban
NL brin onderwijsnummer postcode
NO iban kontonr
NZ bankaccount
SE postnummer
US rtn
"""


def _table(text: str) -> Mapping[str, frozenset[str]]:
    lines = (line.split() for line in text.split("\n") if line)
    return {country: frozenset(schemes) for country, *schemes in lines}


SCHEMES = _table(_PERSONS_AND_ORGANISATIONS)
LEFT_OUT = _table(_OF_SOMETHING_ELSE)
