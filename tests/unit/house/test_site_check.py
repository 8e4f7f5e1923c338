"""The check of the built pages sees each fault it is there for."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]
SOUND = '<h1 id="top">Sound</h1><a href="other.html#part">on</a> <a href="https://example.com">away</a>'
OTHER = '<h2 id="part">Part</h2><a href="index.html">back</a> <img src="data:image/png;base64,AA=="/>'


@pytest.fixture
def check() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_site", ROOT / ".ci" / "check_site.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["check_site"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def site(folder: Path, more: str = "", style: str = "") -> Path:
    (folder / "index.html").write_text(SOUND + more)
    (folder / "other.html").write_text(OTHER)
    (folder / "style.css").write_text(style)
    return folder


def test_a_sound_site_has_no_fault(check: ModuleType, tmp_path: Path) -> None:
    # Breaks when a link to another host's page, or one back and forth, is taken for a fault.
    assert check.faults(site(tmp_path)) == []


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ('<a href="gone.html">x</a>', "leads nowhere"),
        ('<a href="../../etc/passwd">x</a>', "leads nowhere"),
        ('<a href="other.html#gone">x</a>', "names an anchor"),
        ('<a href="#gone">x</a>', "names an anchor"),
        ('<img src="gone.png">', "leads nowhere"),
        ('<script src="https://cdn.example/x.js"></script>', "fetches https://cdn.example"),
        ('<link rel="stylesheet" href="//fonts.example/css">', "fetches //fonts.example"),
        ('<pre class="mermaid">graph</pre>', "fetches a library"),
    ],
)
def test_each_planted_fault_is_named(check: ModuleType, tmp_path: Path, planted: str, said: str) -> None:
    # Breaks when a broken link, a lost anchor or a fetch from another host would be published unseen.
    found = check.faults(site(tmp_path, planted))
    assert len(found) == 1
    assert found[0].startswith("index.html: ") and said in found[0]


def test_a_style_that_fetches_is_a_fault(check: ModuleType, tmp_path: Path) -> None:
    # Breaks when a font comes from another host by way of a style sheet.
    found = check.faults(site(tmp_path, style="@font-face{src:url(https://fonts.example/a.woff2)}"))
    assert found == ["style.css: fetches https://fonts.example/a.woff2"]


def test_an_empty_folder_is_no_site(check: ModuleType, tmp_path: Path) -> None:
    # Breaks when a build that wrote nothing passes.
    assert check.faults(tmp_path)
