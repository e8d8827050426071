"""Passes that are written as texts: one line of them and its edits, and what a report repairs."""

import numpy as np

import micrograd_np as mg
from micrograd_np.compare.comparing import Comparison
from micrograd_np.compare.edits import Context, Text
from micrograd_np.compare.running.code import Code
from micrograd_np.compare.running.subject import Subject


def normal(*shape, seed=5):
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def with_line(text, old, new):
    """Return a text in which another line stands in the place of one, or none."""
    assert text.count(f"    {old}\n") == 1, f"not a line of it: {old}"
    return text.replace(f"    {old}\n", f"    {new}\n" if new else "")


def compared(load, text, inputs):
    """Compare the two functions of a text, with time enough on a slow machine."""
    module = load(text)
    return mg.compare(module.forward, module.backward, seconds=10, **inputs)


def cases_of(load, text, inputs, names=None):
    """Return the fresh cases on which the two functions of a text are compared."""
    module = load(text)
    subject = Subject(module.forward, module.backward)
    return Comparison(subject, subject.bind((), inputs), names, 2.0).cases


def wrong_lines(report):
    """Return the lines that are called wrong, each with its kind."""
    return [(line.source, line.kind) for line in report.lines if line.verdict == "wrong"]


def replaced(report):
    """Return what the repair takes out, and what it puts in."""
    assert report.repair is not None, "there is no repair"
    rows = report.repair.split("\n")[2:]
    return tuple("\n".join(row[1:].strip() for row in rows if row[:1] == sign) for sign in "-+")


def last_line(load, body, **variables):
    """Return the last line of a function, and what can be written into it.

    That is what the makers of edits are given: its text, its statement, and a context.
    """
    lines = "".join(f"    {row}\n" for row in body.split("\n"))
    code = Code(load(f"import numpy as np\n\n\ndef f({', '.join(variables)}):\n{lines}").f)
    arrays = {name: v for name, v in variables.items() if isinstance(v, np.ndarray)}
    numbers = {name: float(v) for name, v in variables.items() if name not in arrays}
    shapes = {name: array.shape for name, array in arrays.items()}
    context = Context(shapes, numbers, arrays, code.namespace() | variables)
    node = code.body[-1]
    return Text(code, node), node, context
