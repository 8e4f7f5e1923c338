"""Check a built site: every link and anchor leads somewhere, and no page fetches anything from another host.

Run: python .ci/check_site.py build/site. The trap guarded against: a page that reads well at home and sends each
reader's address to a stranger's server, or a heading renamed under the links that point at it.
"""  # noqa: INP001  a script beside .ci/run, not a package

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_FETCHING = {"link", "script", "img", "iframe", "source", "video", "audio", "embed", "object", "input", "use", "image"}
_PLACES = ("href", "src", "srcset", "data", "poster", "xlink:href")
#: What would make the theme's own script fetch a library from elsewhere.
_TRIGGERS = {"mermaid", "glightbox", "pyodide", "md-source"}
_FROM_STYLE = re.compile(r"""(?:url\(\s*["']?|@import\s+["'])((?:https?:)?//[^"')]+)""")


@dataclass
class Page(HTMLParser):
    """The ids of a page, its links, what it fetches, and the triggers it holds."""

    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    triggers: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Start the parser."""
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what one tag names, links to or fetches."""
        held = {name: value or "" for name, value in attrs}
        self.ids |= {held[name] for name in ("id", "name") if name in held}
        self.triggers |= _TRIGGERS & set(held.get("class", "").split())
        if tag == "a" and "href" in held:
            self.links.append(held["href"])
        if tag in _FETCHING:
            self.fetched += [held[name] for name in _PLACES if name in held]


def read(path: Path) -> Page:
    """Return the page at ``path``."""
    page = Page()
    page.feed(path.read_text("utf-8"))
    page.close()
    return page


def is_outside(link: str) -> bool:
    """Return whether ``link`` names another host."""
    parts = urlsplit(link)
    return bool(parts.netloc) or parts.scheme in {"http", "https", "ws", "wss", "ftp"}


def faults(site: Path) -> list[str]:
    """Return every fault of the site in ``site``, each as one line."""
    pages = {path.resolve(): read(path) for path in sorted(site.rglob("*.html"))}
    found = [] if pages else [f"{site}: there is no page"]
    for path, page in pages.items():
        name = str(path.relative_to(site.resolve()))
        found += [f"{name}: fetches {link}" for link in page.fetched if is_outside(link)]
        found += [f"{name}: holds {trigger!r}, which fetches a library" for trigger in sorted(page.triggers)]
        wanted = [link for link in page.links + page.fetched if not is_outside(link)]
        found += [f"{name}: {fault}" for link in wanted for fault in broken(site.resolve(), path, link, pages)]
    for path in sorted(site.rglob("*.css")):
        found += [f"{path.relative_to(site)}: fetches {link}" for link in _FROM_STYLE.findall(path.read_text("utf-8"))]
    return found


def broken(site: Path, page: Path, link: str, pages: dict[Path, Page]) -> list[str]:
    """Return what is wrong with one link within the site; nothing if it leads somewhere."""
    parts = urlsplit(link)
    if parts.scheme:
        return []  # mailto:, data:, javascript: lead to no file
    start = site if parts.path.startswith("/") else page.parent
    target = (start / unquote(parts.path).lstrip("/")).resolve() if parts.path else page
    target = target / "index.html" if target.is_dir() else target
    if not target.is_relative_to(site) or not target.exists():
        return [f"the link {link} leads nowhere"]
    fragment = unquote(parts.fragment)
    if fragment and target in pages and fragment not in pages[target].ids:
        return [f"the link {link} names an anchor that is not there"]
    return []


def main(folder: str) -> int:
    """Print the faults of the site in ``folder``; return 1 when there are any."""
    found = faults(Path(folder))
    sys.stderr.write("".join(f"{fault}\n" for fault in found))
    pages = len(list(Path(folder).rglob("*.html")))
    sys.stdout.write(f"site: {pages} pages, {len(found)} faults\n")
    return min(1, len(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
