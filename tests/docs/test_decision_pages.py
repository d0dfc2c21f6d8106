"""Every decision page stands in the index, is named as it is titled, and ends in files that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "decisions"
PAGES = sorted(FOLDER.glob("[0-9]*.md"))


def carriers(text: str) -> list[str]:
    """The files and folders named in a page's last paragraph."""
    last = text.strip().split("\n\n")[-1]
    return re.findall(r"`([^`]+)`", last) if last.startswith("**Carried by**") else []


def missing(text: str) -> list[str]:
    """Those of them that are not there; the page itself is wrong when it names none."""
    named = carriers(text)
    return [name for name in named if not (ROOT / name).exists()] if named else ["**Carried by**"]


def test_there_are_pages() -> None:
    assert len(PAGES) > 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_ends_in_the_files_that_carry_it(page: Path) -> None:
    assert missing(page.read_text()) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_begins_with_its_number_and_stands_in_the_index(page: Path) -> None:
    title = page.read_text().splitlines()[0]
    assert title.startswith(f"# {page.name[:4]}. ")
    assert f"- [{title[2:]}]({page.name})" in (FOLDER / "README.md").read_text().splitlines()


def test_the_index_names_nothing_else() -> None:
    linked = re.findall(r"^- \[.*\]\((.*)\)$", (FOLDER / "README.md").read_text(), re.MULTILINE)
    assert sorted(linked) == [page.name for page in PAGES]


def test_a_page_that_ends_in_a_file_that_is_not_there_is_found() -> None:
    assert missing("# 0999. X\n\ntext\n\n**Carried by** `README.md`, `nowhere/at_all.py`") == ["nowhere/at_all.py"]
    assert missing("# 0999. X\n\ntext") == ["**Carried by**"]
