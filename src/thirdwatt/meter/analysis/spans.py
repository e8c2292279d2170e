"""Spans of time, in nanoseconds of a monotonic clock: put together, cut, left over."""

from __future__ import annotations

from bisect import bisect_right

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Span = tuple[int, int]


def union(spans: Iterable[Span]) -> list[Span]:
    """Spans put together where they touch.

    Examples
    --------
    >>> union([(5, 9), (0, 2), (1, 3)])
    [(0, 3), (5, 9)]
    """
    whole: list[list[int]] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if whole and start <= whole[-1][1]:
            whole[-1][1] = max(whole[-1][1], end)
        else:
            whole.append([start, end])
    return [(start, end) for start, end in whole]


def within(span: Span, windows: Sequence[Span]) -> list[Span]:
    """What of a span lies in windows that are apart and in order.

    Examples
    --------
    >>> within((2, 8), [(0, 3), (5, 9)])
    [(2, 3), (5, 8)]
    """
    first = max(0, bisect_right(windows, span[0], key=lambda each: each[0]) - 1)
    found = []
    for start, end in windows[first:]:
        if start >= span[1]:
            break
        if min(end, span[1]) > max(start, span[0]):
            found.append((max(start, span[0]), min(end, span[1])))
    return found


def outside(span: Span, windows: Sequence[Span]) -> list[Span]:
    """What of a span lies in none of these windows."""
    found = []
    at = span[0]
    for start, end in within(span, windows):
        if start > at:
            found.append((at, start))
        at = end
    return [*found, (at, span[1])] if at < span[1] else found


def seconds(spans: Iterable[Span]) -> float:
    """Length of spans that are apart."""
    return sum(end - start for start, end in spans) * 1e-9
