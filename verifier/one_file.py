"""Makes ``verify.py``: the verifier of productions in one file of the standard library, for whoever has nothing else.

The trap guarded against: a copy that drifted. Each module stands in it as it is in the package, byte for byte, so that
the two can be compared by eye; what is added is a loader of ten lines. A test makes the file again and compares.

Run as ``python verifier/one_file.py`` it writes the file that the house puts into its productions.
"""

from __future__ import annotations

import ast
from pathlib import Path

_PACKAGE = Path(__file__).parent / "gatebook_verifier"
_MADE = Path(__file__).parent.parent / "src" / "gatebook" / "store" / "verify.txt"
_FIRST = "production"
_HEAD = '''#!/usr/bin/env python3
"""Checks a production of Gatebook: python verify.py production.zip --vkey KEY

Needs Python 3.8 or later and nothing else. Each module of the verifier stands below as a text, as it is in Gatebook's
package gatebook_verifier; the lines at the end load them. Exit status: 0 all checks hold, 1 one does not, 2 cannot
read.
"""

import sys
import types

MODULES = {}
'''
_TAIL = """
for _name in ["", *MODULES]:
    _module = types.ModuleType("gatebook_verifier" + (_name and "." + _name))
    if _name:
        _module.__package__ = "gatebook_verifier"
        sys.modules[_module.__name__] = _module
        exec(compile(MODULES[_name], "verify.py/" + _name, "exec"), _module.__dict__)
        setattr(sys.modules["gatebook_verifier"], _name, _module)
    else:
        _module.__path__ = []
        sys.modules["gatebook_verifier"] = _module

if __name__ == "__main__":
    sys.exit(sys.modules["gatebook_verifier.production"].main())
"""


def made() -> str:
    """Return the text of the one file."""
    return _HEAD + "".join(_section(name) for name in _order(_FIRST, [])) + _TAIL


def _section(name: str) -> str:
    text = source_of(name)
    if "'''" in text or text.endswith("\\"):
        raise ValueError(f"{name}.py cannot stand in the one file: it has three single quotation marks in a row")
    return f"\n# {'-' * 100}\nMODULES[{name!r}] = r'''{text}'''\n"


def source_of(name: str) -> str:
    """Return the text of a module of the package."""
    return (_PACKAGE / f"{name}.py").read_text(encoding="utf-8")


def _order(name: str, found: list[str]) -> list[str]:
    """Return the modules that one needs, each after those it needs itself."""
    for node in ast.parse(source_of(name)).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gatebook_verifier"):
            _, _, within = (node.module or "").partition(".")
            for needed in [within] if within else [alias.name for alias in node.names]:
                if needed not in found:
                    _order(needed, found)
    if name not in found:
        found.append(name)
    return found


if __name__ == "__main__":
    _MADE.write_text(made(), encoding="utf-8")
