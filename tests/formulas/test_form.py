"""The form of the book: literals, branches and docstrings of every formula."""

from __future__ import annotations

import ast
import inspect
import textwrap

import pytest

from thirdwatt.formulas import CHAPTERS
from thirdwatt.ledger.book import Formula, book

FORMULAS = [formula for ways in book().formulas.values() for formula in ways]


def tree_of(formula: Formula) -> ast.FunctionDef:
    function = ast.parse(textwrap.dedent(inspect.getsource(formula.function))).body[0]
    assert isinstance(function, ast.FunctionDef)
    return function


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.name)
def test_literals_are_0_1_2_and_nothing_branches_in_python(formula: Formula) -> None:
    tree = tree_of(formula)
    assert ast.get_docstring(tree), f"{formula.name} says nothing"
    body = [node for statement in tree.body[1:] for node in ast.walk(statement)]
    literals = {node.value for node in body if isinstance(node, ast.Constant) and not isinstance(node.value, str)}
    assert literals <= {0, 1, 2, None}, f"{formula.where}: {literals}"
    assert not any(isinstance(node, ast.If | ast.IfExp | ast.While | ast.For) for node in body), formula.where


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.__name__.rsplit(".", 1)[-1])
def test_chapters_cite_what_they_rest_on(chapter: object) -> None:
    assert "References\n----------" in (chapter.__doc__ or "")
