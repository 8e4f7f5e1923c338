"""The Stored Communications Act (18 U.S.C. chapter 121): who may be given records, and on what."""
