"""Functions drawn at random, whose blocks are left in every way, do what they do in Python."""

import linecache
import random
import textwrap

import pytest

from compare.stepped import both_ways

HEAD = """
class Context:
    def __init__(self, log, swallows):
        self.log, self.swallows = log, swallows

    def __enter__(self):
        self.log.append("in")
        return self.log

    def __exit__(self, kind, error, traceback):
        self.log.append((kind, repr(error)))
        return self.swallows


def f(make):
    t = 0
    log = make()
"""

ERRORS = ("ValueError", "KeyError", "LookupError", "ZeroDivisionError")

SIMPLE = (
    "log.append(t)",
    "return t",
    "return log.append('returned')",
    "raise KeyError(t)",
    "raise ValueError",
    "1 / (t % 2)",
    "log[50]",
    "t += 3",
    "assert t % 3, t",
    "del log[:1]",
    "nothing",
)


class Writer:
    """Writes a function."""

    def __init__(self, seed):
        self.rng = random.Random(seed)

    def block(self, depth, in_loop=False, in_handler=False):
        """Return some statements."""
        count = self.rng.randint(1, 3)
        found = [self.statement(depth - 1, in_loop, in_handler) for _ in range(count)]
        return textwrap.indent("\n".join(["t += 1", *found]), "    ")

    def statement(self, depth, in_loop, in_handler):
        """Return one statement, with others inside if it has some."""
        rng = self.rng
        kinds = ["simple"] * 3 + ["leave"] * in_loop + ["raise"] * in_handler
        if depth:
            kinds += ["if", "for", "while", "try", "finally", "with", "match", "function"]
        number = rng.randint(1, 3)

        def put(head, in_loop=in_loop, in_handler=in_handler):
            return f"{head}:\n{self.block(depth, in_loop, in_handler)}\n"

        def maybe(head):
            return put(head) if rng.random() < 0.5 else ""

        match rng.choice(kinds):
            case "simple":
                return rng.choice(SIMPLE)
            case "leave":
                return rng.choice(["break", "continue"])
            case "raise":
                return "raise"
            case "if":
                return (
                    put(f"if t % 3 < {number}") + maybe(f"elif t % 4 == {number}") + maybe("else")
                )
            case "for":
                return put(f"for i in range({number})", in_loop=True) + maybe("else")
            case "while":
                return put(f"while t < {4 * number}", in_loop=True) + maybe("else")
            case "try":
                named = rng.choice(["", " as e"])
                return (
                    put("try")
                    + put(f"except {rng.choice(ERRORS)}{named}", in_handler=True)
                    + put("except Exception as e", in_handler=True)
                    + maybe("else")
                    + maybe("finally")
                )
            case "finally":
                return put("try") + put("finally")
            case "with":
                return put(f"with Context(log, t % 2) as l, Context(log, {number == 1})")
            case "match":
                cases = put(f"case {number}") + put("case int(k) if k > 4") + maybe("case _")
                return "match t:\n" + textwrap.indent(cases, "    ")
            case "function":
                body = self.block(depth)
                return f"def g():\n    nonlocal t\n{body}\n{rng.choice(['return', 'h ='])} g()"


@pytest.mark.parametrize("seed", range(20))
def test_drawn_functions_do_what_python_does(seed):
    for i in range(30):
        body = Writer(f"{seed} {i}").block(4)
        text = f"{HEAD.lstrip()}{body}\n    log.append(t)\n"
        file = f"<drawn {seed} {i}>"
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        names = {"__name__": "drawn"}
        exec(compile(text, file, "exec"), names)
        logs = []

        def make(logs=logs):
            logs.append([])
            return logs[-1]

        native, by_lines = both_ways(names["f"], make, into=i % 2)
        assert by_lines == native, text
        assert logs[1] == logs[0], text
        del linecache.cache[file]
