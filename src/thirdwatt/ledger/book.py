"""The book as data: every formula of every chapter with its arguments, triggers and place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import PurePath
from types import ModuleType
from typing import Any

from thirdwatt.formulas import CHAPTERS


class BookError(ValueError):
    """The book contradicts itself."""


@dataclass(frozen=True, slots=True)
class Formula:
    """One way to compute a quantity."""

    name: str
    function: Callable[..., Any]
    arguments: tuple[str, ...]
    given: tuple[str, ...] = ()
    parts: bool = False
    component: str | None = None

    @property
    def quantity(self) -> str:
        """The quantity it computes."""
        return self.name.partition("__")[0]

    @property
    def alternative(self) -> str:
        """Which of the ways it is; empty for the default."""
        return self.name.partition("__")[2]

    @property
    def of_a_blueprint(self) -> bool:
        """Whether it computes of a design what tables state of chips on sale."""
        return self.function.__module__.startswith("thirdwatt.formulas.chip.")

    @property
    def where(self) -> str:
        """File and line, as an editor opens them."""
        code = self.function.__code__
        path = PurePath(code.co_filename)
        return f"{path.parent.name}/{path.name}:{code.co_firstlineno}"

    @property
    def expression(self) -> str:
        """What it returns as written, with its intermediate steps; empty where the source is not at hand."""
        return _expression(self.function)

    @property
    def meaning(self) -> str:
        """First paragraph of its docstring, without reference marks."""
        text = " ".join((self.function.__doc__ or "").strip().partition("\n\n")[0].split())
        for number in range(1, 10):
            text = text.replace(f" [{number}]_", "")
        return text


@cache
def _expression(function: Callable[..., Any]) -> str:
    import ast
    import inspect
    import textwrap

    try:
        source = inspect.getsource(function)
    except OSError:
        return ""
    (definition,) = ast.parse(textwrap.dedent(source)).body
    assert isinstance(definition, ast.FunctionDef)  # noqa: S101 - the decorator takes functions
    *steps, result = (ast.unparse(each) for each in definition.body if not isinstance(each, ast.Expr))
    return f"{result.removeprefix('return ')}{' with ' if steps else ''}{', '.join(steps)}"


@dataclass(frozen=True, eq=False)
class Book:
    """All formulas, by the quantity they compute, alternatives in the order in which they are tried."""

    formulas: Mapping[str, tuple[Formula, ...]]

    @cached_property
    def names(self) -> frozenset[str]:
        """Every quantity that is computed or read."""
        read = (name for ways in self.formulas.values() for way in ways for name in (*way.arguments, *way.given))
        return frozenset((*self.formulas, *read))

    @cached_property
    def components(self) -> Mapping[str, str]:
        """Quantity that holds the energy of each component."""
        return {way.component: quantity for quantity, ways in self.formulas.items() for way in ways if way.component}

    @cached_property
    def totals(self) -> Mapping[str, tuple[str, ...]]:
        """Totals and the parts they are the sums of."""
        return {quantity: way.arguments for quantity, ways in self.formulas.items() for way in ways if way.parts}

    def lowest_parts(self, total: str) -> tuple[str, ...]:
        """Parts of a total that are no totals themselves."""
        found: list[str] = []
        for part in self.totals[total]:
            found += self.lowest_parts(part) if part in self.totals else (part,)
        return tuple(found)


def read_book(chapters: Iterable[ModuleType]) -> Book:
    """Collect the formulas of chapters in file order.

    Raises
    ------
    BookError
        If a name is defined in two chapters, or a formula takes ``*args`` or ``**kwargs``.
    """
    found: dict[str, list[Formula]] = {}
    home: dict[str, str] = {}
    for chapter in chapters:
        for name, function in vars(chapter).items():
            spec = getattr(function, "__quantity__", None)
            if spec is None or function.__module__ != chapter.__name__:
                continue
            code = function.__code__
            if code.co_flags & 0x0C:
                raise BookError(f"{name} in {chapter.__name__} takes *args or **kwargs; name every quantity it needs")
            formula = Formula(name, function, code.co_varnames[: code.co_argcount], *spec)
            if home.setdefault(formula.quantity, chapter.__name__) != chapter.__name__:
                raise BookError(f"{formula.quantity} is computed in {home[formula.quantity]} and in {chapter.__name__}")
            found.setdefault(formula.quantity, []).append(formula)
    return Book({quantity: tuple(ways) for quantity, ways in found.items()})


@cache
def book() -> Book:
    """The book that ships with the package."""
    return read_book(CHAPTERS)
