"""Figures by group, measure and size, and their table."""

import math
from collections import defaultdict
from collections.abc import Iterable
from statistics import median

HEAD = ("", "extensions", "median", "p95", "worst", "ratio", "rounds")


class Figures:
    def __init__(self) -> None:
        self._groups: dict[str, dict[str, dict[int, list[float]]]] = defaultdict(
            lambda: defaultdict(lambda: defaultdict(list))
        )

    def add(self, group: str, measure: str, size: int, values: Iterable[float]) -> None:
        self._groups[group][measure][size] += values

    def __str__(self) -> str:
        rows = [row for measures in self._groups.values() for row in body(measures)]
        widths = [max(len(row[column]) for row in (HEAD, *rows)) for column in range(len(HEAD))]
        return "\n\n".join(
            "\n".join([group, *(line(row, widths) for row in (HEAD, *body(measures)))])
            for group, measures in self._groups.items()
        )


def p95(values: list[float]) -> float:
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def body(measures: dict[str, dict[int, list[float]]]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for measure, sizes in measures.items():
        smallest = median(sizes[min(sizes)])
        for size, values in sorted(sizes.items()):
            middle = median(values)
            ratio = f"{middle / smallest:.2f}" if smallest else ""
            name = measure if size == min(sizes) else ""
            times = (shown(middle), shown(p95(values)), shown(max(values)))
            rows.append((name, f"{size:,}", *times, ratio, str(len(values))))
    return rows


def line(row: tuple[str, ...], widths: list[int]) -> str:
    name, *figures = row
    aligned = "  ".join(figure.rjust(width) for figure, width in zip(figures, widths[1:], strict=True))
    return f"  {name.ljust(widths[0])}  {aligned}"
