"""A bar that shows how far a training is, where tqdm is installed."""

from collections.abc import Iterable, Iterator, Sequence


def progress(steps: Iterable[int], label: str, losses: Sequence[float] = ()) -> Iterator[int]:
    """Yield the steps, with a bar on stderr if that is a terminal and tqdm is installed.

    Parameters
    ----------
    steps
        What is counted: ``range(n)``.
    label
        What stands before the bar.
    losses
        A list that grows while the steps are taken; its last number is shown behind the bar.
    """
    try:
        from tqdm import tqdm
    except ImportError:
        yield from steps
        return
    bar = tqdm(steps, label, leave=False, disable=None)  # None: where stderr is no terminal
    for step in bar:
        yield step
        if losses:
            bar.set_postfix_str(f"loss {losses[-1]:.4f}", refresh=False)
