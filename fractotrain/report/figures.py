"""Drawings as SVG, by matplotlib. Okabe-Ito colours and viridis, and a marker or hatch per series: no colour alone."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from fractotrain.evaluation.answers import Floats
from fractotrain.evaluation.bootstrap import Estimate

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito (2008), told apart by every kind of colour blindness; yellow left out, too pale on paper."""
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_HATCHES = ("", "//", "xx", "\\\\", "--", "++", "||")
_GREY = "#5b6875"
_BAND = 0.18
"""Opacity of an interval that is drawn as a band."""
_STYLE: Any = {  # matplotlib types its keys as literals, which differ from version to version
    "svg.fonttype": "none",  # text stays text: it can be searched, and read aloud
    "font.family": ["DejaVu Sans", "sans-serif"],
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": _GREY,
    "axes.grid": False,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
}


def bars(categories: Sequence[str], series: Mapping[str, Sequence[float]], axis: str) -> str:
    """Horizontal bars, stacked by series, with the total at each end."""
    with mpl.rc_context(_STYLE):
        canvas, axes = _canvas(6.4, 0.6 + 0.27 * len(categories) + 0.3)
        left = np.zeros(len(categories))
        for i, (name, values) in enumerate(series.items()):
            axes.barh(
                range(len(categories)), values, left=left, color=COLOURS[i], hatch=_HATCHES[i], edgecolor="white",
                label=name, height=0.72,
            )  # fmt: skip
            left += np.asarray(values, float)
        for row, total in enumerate(left):
            axes.text(total, row, f" {total:g}", va="center", color=_GREY)
        axes.set_yticks(range(len(categories)), categories)
        axes.invert_yaxis()
        axes.set_xlabel(axis)
        axes.set_xlim(0, 1.12 * max(left.max(initial=0), 1))  # room for the totals
        if len(series) > 1:
            _legend(axes)
        return _svg(canvas)


def intervals(
    categories: Sequence[str],
    series: Mapping[str, Sequence[Estimate]],
    axis: str,
    lines: Mapping[str, float] | None = None,
) -> str:
    """Values with their intervals, one row per category; vertical lines mark named values such as chance."""
    with mpl.rc_context(_STYLE):
        height = 0.9 + len(categories) * (0.14 + 0.2 * len(series))
        canvas, axes = _canvas(6.4, height)
        for i, (name, estimates) in enumerate(series.items()):
            offset = (i - (len(series) - 1) / 2) * 0.8 / max(len(series), 1)
            for row, estimate in enumerate(estimates):
                if estimate.value is None:
                    continue
                y = row + offset
                if estimate.low is not None and estimate.high is not None:
                    axes.plot([estimate.low, estimate.high], [y, y], color=COLOURS[i], lw=1.6)
                label = name if row == _first_known(estimates) else None
                axes.plot([estimate.value], [y], _MARKERS[i], color=COLOURS[i], ms=5, label=label)
        _mark(axes, lines)
        axes.set_yticks(range(len(categories)), categories)
        axes.set_ylim(len(categories) - 0.4, -0.6)
        axes.set_xlabel(axis)
        axes.grid(visible=True, axis="x", color="#e3e7eb", lw=0.6)
        if len(series) > 1 or lines:
            _legend(axes)
        return _svg(canvas)


def confusion(counts: Floats, names: Sequence[str]) -> str:
    """Rows are true, columns predicted; colour and percentage are of the row."""
    with mpl.rc_context(_STYLE):
        canvas, axes = _canvas(4.4, 3.6)
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, cmap="viridis", vmin=0, vmax=1)
        for (true, predicted), share in np.ndenumerate(shares):
            colour = "black" if share > 0.55 else "white"
            text = f"{counts[true, predicted]:.0f}\n{share:.1%}"
            axes.text(predicted, true, text, ha="center", va="center", color=colour)
        axes.set_xticks(range(len(names)), names)
        axes.set_yticks(range(len(names)), names)
        axes.set_xlabel("predicted")
        axes.set_ylabel("true")
        return _svg(canvas)


def reliability_diagram(curves: Mapping[str, Sequence[tuple[float, Estimate]]]) -> str:
    """Confidence against accuracy with intervals, hollow where there is none; the diagonal is honesty."""
    with mpl.rc_context(_STYLE):
        canvas, axes = _canvas(4.6, 4.0)
        axes.plot([0, 1], [0, 1], color=_GREY, lw=0.8, ls="--", label="honest")
        for i, (name, points) in enumerate(curves.items()):
            known = [(x, e.value, e.low, e.high) for x, e in points if e.value is not None]
            axes.plot([], [], _MARKERS[i], color=COLOURS[i], ms=5, label=name)
            for x, value, low, high in known:
                fill = "none" if low is None else COLOURS[i]
                axes.plot([x], [value], _MARKERS[i], color=COLOURS[i], mfc=fill, ms=5)
                if low is not None and high is not None:
                    axes.plot([x, x], [low, high], color=COLOURS[i], lw=1.2)
        axes.set_xlim(0, 1.02)
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("mean confidence in the bin")
        axes.set_ylabel("accuracy in the bin")
        _legend(axes)
        return _svg(canvas)


def curve(x: Floats, estimates: Sequence[Estimate], x_axis: str, y_axis: str) -> str:
    """A line with its pointwise intervals as a band."""
    with mpl.rc_context(_STYLE):
        canvas, axes = _canvas(5.2, 3.2)
        y, low, high = (_numbers([getattr(e, name) for e in estimates]) for name in ("value", "low", "high"))
        axes.fill_between(x, low, high, color=COLOURS[0], alpha=_BAND, lw=0, label="95 % interval")
        axes.plot(x, y, color=COLOURS[0], lw=1.6, label="observed")
        axes.set_xlabel(x_axis)
        axes.set_ylabel(y_axis)
        axes.set_ylim(bottom=0)
        axes.grid(visible=True, color="#e3e7eb", lw=0.6)
        _legend(axes)
        return _svg(canvas)


def learning_curves(panels: Mapping[str, Mapping[str, tuple[Floats, ...]]]) -> str:
    """One panel per figure over epochs; thin lines are folds, the thick one is named ``mean`` and has a band.

    Args:
        panels: title -> name of a line -> epochs, values, lower and upper ends (NaN where there is none).
    """
    dashes = ("-", "--", "-.", ":")
    with mpl.rc_context(_STYLE):
        canvas = Canvas(figsize=(2.6 * len(panels) + 0.8, 2.8), layout="constrained")
        all_axes = np.atleast_1d(canvas.subplots(1, len(panels)))
        for axes, (title, lines) in zip(all_axes, panels.items(), strict=True):
            for i, (name, (epochs, values, low, high)) in enumerate(lines.items()):
                is_mean = name == "mean"
                if np.isfinite(low).any():
                    axes.fill_between(epochs, low, high, color="black", alpha=_BAND, lw=0)
                axes.plot(
                    epochs, values, color="black" if is_mean else COLOURS[i % (len(COLOURS) - 1)],
                    ls="-" if is_mean else dashes[i % len(dashes)], lw=2.4 if is_mean else 0.9,
                    marker="o" if len(epochs) == 1 else None, label="mean" if is_mean else f"fold {name}",
                )  # fmt: skip
            axes.set_title(title, fontsize=9)
            axes.set_xlabel("epoch")
            axes.xaxis.get_major_locator().set_params(integer=True)
            axes.grid(visible=True, color="#e3e7eb", lw=0.6)
            if "F1" in title:
                axes.set_ylim(0, 1)
            else:
                axes.set_ylim(bottom=0)
        _legend(all_axes[-1])
        return _svg(canvas)


def _canvas(width_inch: float, height_inch: float) -> tuple[Canvas, Axes]:
    canvas = Canvas(figsize=(width_inch, height_inch), layout="constrained")
    return canvas, canvas.add_subplot()


def _mark(axes: Axes, lines: Mapping[str, float] | None) -> None:
    for i, (name, value) in enumerate((lines or {}).items()):
        axes.axvline(value, color=_GREY, lw=1, ls=("--", ":", "-.")[i % 3], label=name)


def _legend(axes: Axes) -> None:
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0, fontsize=8)


def _numbers(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _first_known(estimates: Sequence[Estimate]) -> int:
    return next((row for row, estimate in enumerate(estimates) if estimate.value is not None), 0)


def _svg(canvas: Canvas) -> str:
    """The same drawing gives the same text: no date, no random ids."""
    written = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "fracto"}):
        canvas.savefig(
            written, format="svg", transparent=True, bbox_inches="tight", metadata={"Date": None, "Creator": None}
        )
    return written.getvalue()
