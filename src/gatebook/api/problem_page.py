"""The page that problem types lead to, from the table in ``problems.py``: as Markdown for docs/, as HTML to serve.

The trap guarded against: a page that can run or fetch anything. It is plain HTML under a policy that allows nothing.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from gatebook.api.problems import PAGE, PROBLEMS

router = APIRouter()

_HEAD = (
    "Errors are `application/problem+json` (RFC 9457). `type` is one of the headings below; `errors[]` names every"
    " field at fault by JSON pointer, with a stable `code` and a reason. What was sent is never repeated."
)
_STYLE = "body{max-width:44rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 sans-serif}:target{background:#ffd}"
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def as_markdown() -> str:
    """Return docs/problems.md."""
    parts = [f"## {p.code}\n{p.status}. {p.explanation}" for p in PROBLEMS.values()]
    return f"# Problems\n\n{_HEAD}\n\n" + "\n".join(parts) + "\n"


def as_html() -> str:
    """Return the same as a page whose headings are the anchors of the problem types."""
    parts = [
        f'<h2 id="{html.escape(p.code)}">{html.escape(p.code)}</h2>\n'
        f"<p><strong>{p.status} {html.escape(p.title)}.</strong> {_marked(p.explanation)}</p>"
        for p in PROBLEMS.values()
    ]
    head = f'<head><meta charset="utf-8"><title>Problems</title><style>{_STYLE}</style></head>'
    body = f"<body>\n<h1>Problems</h1>\n<p>{_marked(_HEAD)}</p>\n" + "\n".join(parts) + "\n</body>"
    return f'<!doctype html>\n<html lang="en">\n{head}\n{body}\n</html>\n'


def _marked(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


@router.get(PAGE, response_class=HTMLResponse)
async def problem_page() -> HTMLResponse:
    """Explain every problem this API answers with."""
    return HTMLResponse(as_html(), headers={"Content-Security-Policy": POLICY})
