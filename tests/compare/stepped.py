"""Functions run by their statements."""

from micrograd_np.compare.running.code import Code
from micrograd_np.compare.running.stepping import Stepper


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
