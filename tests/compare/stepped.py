"""Functions run by their statements."""

import traceback

from micrograd_np.compare.running.code import CannotRead, Code
from micrograd_np.compare.running.stepping import RETURNED, Stepper, UserError


def stepped(f, *args, **options):
    """Run a function by its statements; return its variables, and what it returned as "return"."""
    code = Code(f)
    bound = code.signature.bind(*args)
    bound.apply_defaults()
    namespace = code.namespace() | bound.arguments
    Stepper(code, namespace, **options).run(code.body)
    return namespace


def lines_of(f, *args, into=()):
    """Return the function, text and iteration of every statement that is run, in order."""
    seen = []

    def after(node, code, iteration, _namespace):
        seen.append((code.name, code.source(node), iteration))

    codes = {g: Code(g) for g in into}

    def which(function):
        return codes.get(getattr(function, "__func__", function))

    stepped(f, *args, after=after, into=which if into else None)
    return seen


def both_ways(f, *args, into=False):
    """Return what a function does as it is, and by its statements: two values to compare.

    Each is what it returns, or the kind and text of the error that it raises and the line of the
    function at which it does.
    """
    try:
        native = f(*args)
    except Exception as error:
        lines = [
            line
            for frame, line in traceback.walk_tb(error.__traceback__)
            if frame.f_code is f.__code__
        ]
        native = type(error), _told(error), lines[0]
    codes = {}

    def which(function):
        made = getattr(function, "__code__", None)
        if made is None or made.co_filename != f.__code__.co_filename:
            return None
        if made not in codes:
            codes[made] = _code_of(function)
        return codes[made]

    try:
        return native, stepped(f, *args, into=which if into else None).get(RETURNED)
    except UserError as error:
        return native, (type(error.error), _told(error.error), _outermost(error, f))


def _told(error):
    """Return the message of an error; pytest adds lines to that of an assert."""
    return str(error).partition("\n")[0]


def _code_of(function):
    try:
        return None if hasattr(function, "__wrapped__") else Code(function)
    except CannotRead:
        return None


def _outermost(error, f):
    """Return the line of the function itself that led to an error."""
    lines = [
        frame.f_locals["place"].lineno
        for frame, _ in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_name == "_called" and frame.f_locals["self"].code.f is f
    ]
    return lines[0] if lines else error.lineno


def functions_of(names):
    """Return the functions of one parameter n among the variables of a module."""
    codes = ((value, getattr(value, "__code__", None)) for value in names.values())
    found = [value for value, code in codes if code and code.co_varnames[:1] == ("n",)]
    assert len(found) > 5
    return [value for value in found if value.__module__ == names["__name__"]]
