"""docs/security.md names a test for each attack; each of them is there."""

import ast
import re
from functools import cache

import pytest

from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "security.md").read_text()
ROWS = [line.strip("|").split("|") for line in PAGE.splitlines() if line.startswith("| ")][1:]
NAMED = re.compile(r"`(tests/[^`]+?)(?:::(\w+))?`")


@cache
def named_in(path: str) -> set[str]:
    tree = ast.parse((REPOSITORY / path).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip()[:60])
def test_each_attack_has_its_tests(row: list[str]) -> None:
    attack, answer, shown = row
    assert attack.strip()
    assert answer.strip()
    named = NAMED.findall(shown)
    assert named, "name a test as `file::test`"
    for path, name in named:
        there = named_in(path)
        assert name in there if name else any(each.startswith("test_") for each in there), (path, name)


def test_the_page_has_the_attacks() -> None:
    assert len(ROWS) >= 38
