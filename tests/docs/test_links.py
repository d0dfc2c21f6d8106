"""Links between documents lead somewhere, and every member of the workspace says what lives in it."""

import tomllib
from pathlib import Path

import pytest
from documents import ROOT, broken_links, documents

MEMBERS = [
    folder
    for pattern in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["workspace"]["members"]
    for folder in sorted(ROOT.glob(pattern))
    if (folder / "pyproject.toml").exists()
]


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    assert broken_links(document) == []


@pytest.mark.parametrize("member", MEMBERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_member_says_what_lives_in_it_and_how_its_tests_are_run(member: Path) -> None:
    text = (member / "README.md").read_text()
    assert text.startswith("# ")
    assert len(text.splitlines()) >= 8
    assert "test" in text.lower() or not (member / "tests").is_dir()


def test_the_four_services_are_members() -> None:
    names = {member.name for member in MEMBERS}
    assert {"membership", "matching", "exchange", "notifications", "contracts", "chassis", "driveline"} <= names


def test_broken_links_are_found() -> None:
    text = "[a](nowhere.md) [b](README.md#no-such-heading) [c](#two-commands) [d](https://example.com) `[e](x.md)`"
    assert broken_links(ROOT / "README.md", text) == ["nowhere.md", "README.md#no-such-heading"]
