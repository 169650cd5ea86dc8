"""The page of all cells says what the cell files say."""

import importlib.util
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_page_of_cells_is_fresh():
    spec = importlib.util.spec_from_file_location("_cells", DOCS / "_cells.py")
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    assert page.PAGE.read_text(encoding="utf-8") == page.text(), "write it again: python docs/_cells.py"
