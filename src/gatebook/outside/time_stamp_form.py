"""The question of RFC 3161 as ASN.1: what is asked of a time-stamp authority, field by field in the standard's order.

The trap guarded against: bytes put together by hand that one authority reads and the next does not.
"""

from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier

# No postponed annotations here: the library reads the types themselves.


@asn1.sequence
class Algorithm:
    """AlgorithmIdentifier, with the NULL that SHA-2 identifiers may carry and every authority takes."""

    oid: ObjectIdentifier
    parameters: asn1.Null


@asn1.sequence
class Imprint:
    """MessageImprint: the digest and how it was made."""

    algorithm: Algorithm
    digest: bytes


@asn1.sequence
class Query:
    """TimeStampReq, version 1, without a policy: the authority's own is taken."""

    version: int
    imprint: Imprint
    nonce: int
    certificate: bool
