"""What a clause says, as one digest: its own text and every definition of ours that it uses.

The trap guarded against: a digest of the whole file. A later clause in the same file would change the edition of
old days, and a changed definition in another file would not.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from gatebook import canonical
from gatebook.errors import LawError

_OURS = "gatebook.law."
#: What may stand at the top of a clause file: a name made in another way would be followed by no digest.
_FOLLOWED = (ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom, ast.Expr)
_MACHINERY = frozenset({"parameters.py", "tree.py", "consider.py", "sources.py", "edition.py"})


@dataclass(frozen=True, slots=True)
class _Passage:
    """One named thing at the top of a file: its text, and the names it uses."""

    text: str
    uses: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Page:
    """One file: its passages by name, and what it imports from other files of the law (name: path, name there)."""

    passages: Mapping[str, _Passage]
    imports: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Book:
    """Every clause file as read, so that the digest of a clause can follow what it uses."""

    pages: Mapping[str, _Page]

    @staticmethod
    def read(source_texts: Mapping[str, str]) -> Book:
        """Read files by path (``eo13984/s1_records.py``). Raises LawError for one that is not Python."""
        return Book({path: _page(path, text) for path, text in source_texts.items()})

    def digest(self, path: str, name: str) -> str:
        """Return the SHA-256 over the text of ``name`` and all it uses, near and far; empty for an unknown file.

        Comments and blank lines between definitions do not count; those inside one do.
        """
        if path not in self.pages:
            return ""
        found: dict[tuple[str, str], str] = {}
        due = [(path, name)]
        while due:
            here = due.pop()
            passage = self._passage(here)
            if passage is None or here in found:
                continue
            found[here] = hashlib.sha256(passage.text.encode()).hexdigest()
            due += [self._where(here[0], used) for used in passage.uses]
        return canonical.digest([[*where, text] for where, text in sorted(found.items())])

    def _where(self, path: str, name: str) -> tuple[str, str]:
        return self.pages[path].imports.get(name, (path, name))

    def _passage(self, where: tuple[str, str]) -> _Passage | None:
        path, name = where
        if path in _MACHINERY or path not in self.pages:
            return None
        return self.pages[path].passages.get(name)


def _page(path: str, text: str) -> _Page:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        raise LawError(f"the clause file {path} is not Python") from None
    lines = text.splitlines()
    passages: dict[str, _Passage] = {}
    imports: dict[str, tuple[str, str]] = {}
    for node in tree.body:
        if "/" in path and not isinstance(node, _FOLLOWED):
            raise LawError(f"line {node.lineno} of the clause file {path} is a statement no edition can follow")
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_OURS):
            there = (node.module or "").removeprefix(_OURS).replace(".", "/") + ".py"
            imports |= {alias.asname or alias.name: (there, alias.name) for alias in node.names}
        for name in _names(node):
            passages[name] = _Passage("\n".join(lines[_first_line(node) - 1 : node.end_lineno]), _uses(node))
    return _Page(passages, imports)


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [found.id for target in targets for found in ast.walk(target) if isinstance(found, ast.Name)]
    return []


def _first_line(node: ast.stmt) -> int:
    """Return where a passage begins. A function's is its own text: how it is registered is not what it says."""
    decorators = node.decorator_list if isinstance(node, ast.ClassDef) else []
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _uses(node: ast.stmt) -> frozenset[str]:
    """Return the names a passage uses: of a function's registering, the definitions that gate it, but not its end.

    The end of a clause is the one thing that may be given to it later, and no earlier day may notice.
    """
    left_out: set[ast.AST] = set()
    for decorator in node.decorator_list if isinstance(node, ast.FunctionDef) else []:
        if isinstance(decorator, ast.Call):
            left_out.add(decorator.func)
            left_out |= {found for word in decorator.keywords if word.arg == "ends" for found in ast.walk(word)}
    used = (found for found in ast.walk(node) if isinstance(found, ast.Name) and found not in left_out)
    return frozenset(found.id for found in used)
