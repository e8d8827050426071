"""What was measured, as text, as data and as a picture."""

from collections import Counter
from collections.abc import Sequence
from statistics import quantiles
from typing import Any

from numpy.typing import NDArray

from benchmarks.timing import AGREEMENT_STEPS, Result

_UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6}


def spread(values: NDArray[Any], digits: int) -> str:
    """Return the median of some values, and their quartiles."""
    low, middle, high = _quartiles(values)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def _quartiles(values: NDArray[Any]) -> list[float]:
    return quantiles(values.tolist(), n=4, method="inclusive")


def text(result: Result) -> str:
    """Return a table with a row for each contender.

    Parameters
    ----------
    result
        What `benchmarks.timing.timed` has measured.
    """
    case, seconds = result.case, result.seconds
    baseline = next(iter(seconds))
    names = [*seconds, *case.absent]
    width = max(map(len, names))
    unit = next(u for u, scale in _UNITS.items() if _quartiles(seconds[baseline] * scale)[1] >= 1)
    lines = [
        "",
        case.title,
        case.expression,
        ", ".join(f"{name} {version}" for name, version in case.versions.items()),
        f"after {AGREEMENT_STEPS} steps the weights agree to {result.difference:.3g} eps of the "
        "largest",
        f"{result.rounds} rounds of {result.block} steps; median (quartiles)",
        "",
        f"{'':{width}}  {unit + ' a step':>28}  {'ratio to ' + baseline:>24}  {'first step':>11}",
    ]
    for name, times in seconds.items():
        duration = spread(times * _UNITS[unit], 1)
        first = f"{result.first[name] * 1e3:.1f} ms" if name in result.first else ""
        ratio = spread(result.ratios(name), 2)
        line = f"{name:{width}}  {duration:>28}  {ratio:>24}  {first:>11}".rstrip()
        if case.operations:
            each = _quartiles(times)[1] / case.operations * 1e6
            line = f"{line:{width + 71}}  {each:.2f} us an operation"
        lines.append(line)
    lines += [f"{name:{width}}  {'not installed':>28}" for name in case.absent]
    return "\n".join(lines)


def data(result: Result, threads: int) -> dict[str, Any]:
    """Return what was measured as plain data: seconds and ratios, with their quartiles."""
    return {
        "title": result.case.title,
        "expression": result.case.expression,
        "threads": threads,
        "versions": result.case.versions,
        "absent": result.case.absent,
        "rounds": result.rounds,
        "block": result.block,
        "difference_in_eps": result.difference,
        "contenders": {
            name: {
                "first_step_seconds": result.first.get(name),
                "seconds": _quartiles(times),
                "ratio": _quartiles(result.ratios(name)),
                "is_limit": name in result.case.limits,
            }
            for name, times in result.seconds.items()
        },
    }


def markdown(found: Sequence[dict[str, Any]]) -> str:
    """Return a table of ratios: a row for each case, a column for each contender of several.

    By hand is 1; of the limits each case has one.
    """
    contenders = [name for case in found for name in case["contenders"]]
    several = [name for name, count in Counter(contenders).items() if count > 1 or len(found) == 1]
    names = [name for name in several if not _is_limit(found, name)][1:]
    lines = [
        f"| to by hand | {' | '.join(names)} | limit |",
        f"| --- |{' ---: |' * (len(names) + 1)}",
    ]
    for case in found:
        measured = case["contenders"]
        limits = [name for name in measured if _is_limit(found, name)]
        ratios = [measured.get(name, {}).get("ratio") for name in [*names, *limits]]
        cells = ["" if ratio is None else f"{ratio[1]:.2f}" for ratio in ratios]
        cells += [""] * (not limits)
        lines.append(f"| {case['title'].partition(':')[0]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _is_limit(found: Sequence[dict[str, Any]], name: str) -> bool:
    return any(case["contenders"].get(name, {}).get("is_limit") for case in found)


def picture(found: Sequence[dict[str, Any]], file: str) -> None:
    """Draw the ratios of several cases into a file of SVG: bars from 1, with their quartiles."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "ratios"}
    from matplotlib import pyplot

    names = list(dict.fromkeys(name for case in found for name in [*case["contenders"]][1:]))
    colours = dict(zip(names, pyplot.get_cmap("tab20").colors[::2] * 3, strict=False))  # type: ignore[attr-defined]
    bars = sum(len(case["contenders"]) for case in found)
    figure, axes = pyplot.subplots(figsize=(8, 1.2 + 0.17 * bars))
    position, ticks = 0.0, []
    for case in found:
        begin = position
        for name, measured in [*case["contenders"].items()][1:]:
            low, middle, high = measured["ratio"]
            axes.barh(position, middle - 1, left=1, color=colours[name], label=name)
            axes.plot([low, high], [position, position], color="black", linewidth=1)
            beyond, side = (
                (max(middle, high), "left") if middle >= 1 else (min(middle, low), "right")
            )
            axes.text(beyond, position, f" {middle:.2f} ", va="center", ha=side, fontsize=7)
            position += 1
        ticks.append(((begin + position - 1) / 2, case["title"].partition(":")[0]))
        position += 1
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.margins(x=0.12)
    axes.set_ylim(position - 1, -1)
    axes.set_yticks([place for place, _ in ticks], [title for _, title in ticks])
    axes.set_xlabel("time of a step, by hand being 1: faster to the left")
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    figure.legend(unique.values(), unique.keys(), fontsize=7, loc="upper center", ncols=4)
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.6 / figure.get_figheight()))
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)
