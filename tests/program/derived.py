"""What is asked of every derived program, whatever function it came from."""

import ast
from dataclasses import replace
from itertools import combinations

import numpy as np

import micrograd_np as mg
from micrograd_np.rounding import RUNS, distance, rounding_radius

WIDEST = 100
TELLING = ("shape", "size", "dimension", "inputs", "axes", "argument", "Singular matrix")
"""A refusal says one of these."""


def compiled(source):
    """Return the one function that a source defines."""
    namespace = {}
    exec(compile(source, "<derived>", "exec"), namespace)
    (name,) = (node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
    return namespace[name]


def seed_for(out):
    """Return weights for each element of a result, no two alike; 1 for a single number."""
    if not np.shape(out):
        return np.ones((), out.dtype)
    return np.cos(1.0 + np.arange(np.size(out))).reshape(np.shape(out)).astype(out.dtype)


def eager(f, argnums):
    """Return a function of arguments that computes value and gradients without a program."""

    def compute(*args):
        def of_wanted(*wanted):
            # In tensors, so that writing in place is recorded: NumPy would change what b * a kept.
            given = [mg.tensor(a) if isinstance(a, np.ndarray) else a for a in args]
            for position, arg in zip(argnums, wanted, strict=True):
                given[position] = arg
            return f(*given)

        value, pullback = mg.vjp(of_wanted, *(args[i] for i in argnums))
        grads = pullback(seed_for(value))
        return {"value": value, **{f"gradient {i}": g for i, g in zip(argnums, grads, strict=True)}}

    return compute


def wanted_of(f, argnums, args):
    """Return the radii of value and gradients."""
    return rounding_radius(eager(f, argnums), *args)


def widened(program, given, wanted):
    """Add to each radius how far the program's own roundings move it.

    Where eager gives an exact zero, what was rewritten may round to another number.
    """
    plain = program.run(*given)
    moved = {name: np.zeros(plain[name].shape) for name in program.outputs}
    for seed in range(RUNS):
        shaken = program.perturbed(np.random.default_rng(seed), *given)
        for name, change in moved.items():
            np.fmax(change, np.abs(shaken[name] - plain[name]), out=change)
    return {
        name: replace(radius, radius=radius.radius + change)
        if change.shape == radius.radius.shape
        else radius
        for (name, radius), change in zip(wanted.items(), moved.values(), strict=True)
    }


def with_seed(args, wanted):
    """Return what a program is given: a seed too, if the result is not a single number."""
    value = wanted["value"].value
    return [*args, seed_for(value)] if value.shape else list(args)


def assert_right(outputs, wanted, how):
    """Assert that value and gradients, in order, are right but for rounding."""
    outputs = list(outputs)
    assert len(outputs) == len(wanted), how
    for out, (name, radius) in zip(outputs, wanted.items(), strict=True):
        found = distance(out, radius)
        assert found.ok, f"{how}: {name}: {found}\ngiven {out!r}\nwanted {radius.value!r}"


def assert_apart(outputs, given):
    """Assert that no output shares memory with another or with anything that was given."""
    arrays = [a for a in outputs if isinstance(a, np.ndarray)]
    for a, b in combinations(arrays, 2):
        assert not np.shares_memory(a, b), "two outputs share memory"
    for a in arrays:
        for b in given:
            if isinstance(b, np.ndarray):
                assert not np.shares_memory(a, b), "an output shares memory with an input"


def assert_source_is_right(program, args, wanted):
    """Run the source, and look at what it returns and at what it leaves behind."""
    given = with_seed(args, wanted)
    wanted = widened(program, given, wanted)
    before = [np.copy(a) for a in given]
    function = compiled(program.source())
    outputs = function(*given)
    assert_right(outputs, wanted, "source")
    assert_apart(outputs, given)
    for a, b in zip(given, before, strict=True):
        np.testing.assert_array_equal(a, b, strict=False, err_msg="an input was modified")


def assert_run_is_right(program, args, wanted):
    """Run the program, plain and perturbed, and pull back each gradient."""
    given = with_seed(args, wanted)
    wanted = widened(program, given, wanted)
    found = program.run(*given)
    assert_right((found[name] for name in program.outputs), wanted, "run")
    assert_apart([found[name] for name in program.outputs], [])
    shaken = program.perturbed(np.random.default_rng(0), *given)
    assert_right((shaken[name] for name in program.outputs), wanted, "perturbed")


def assert_vjp_is_right(program, args, wanted, argnums):
    """Pull the seed back to each input."""
    given = with_seed(args, wanted)
    wanted = widened(program, given, wanted)
    seed = seed_for(wanted["value"].value)
    for i in argnums:
        pulled = program.vjp(*given, seeds={program.outputs[0]: seed}, to=program.inputs[i].name)
        assert_right([pulled], {"pulled": wanted[f"gradient {i}"]}, f"vjp to {i}")


def assert_well_formed(program):
    """Assert that statements have names of their own, and operands that are there."""
    known = {item.name for item in (*program.inputs, *program.constants)}
    assert len(known) == len(program.inputs) + len(program.constants)
    for statement in (*program.forward, *program.backward):
        assert statement.name not in known, f"{statement.name} is the name of two values"
        assert statement.name.isidentifier()
        for operand in statement.operands:
            assert operand in known, f"{statement.name} uses {operand}, which is not there yet"
        known.add(statement.name)
    assert str(program)


def assert_plain_numpy(source):
    """Assert that a source imports NumPy alone and has no line that is too wide."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            assert [alias.name for alias in node.names] == ["numpy"]
        assert not isinstance(node, ast.ImportFrom)
    assert "mg." not in source
    for line in source.splitlines():
        assert len(line) <= WIDEST, line


def assert_right_or_refused(program, args, f, argnums):
    """Ask for other lengths: the answer is right, or a ValueError says which length it is."""
    try:
        eager(f, argnums)(*args)  # radii are measured without NumPy's warnings
        wanted = wanted_of(f, argnums, args)
    except (ValueError, IndexError, TypeError, ZeroDivisionError, RuntimeWarning):
        return  # not a call that could be answered
    except RuntimeError as error:
        assert "incompatible numbers of samples" in str(error)  # noqa: PT017  # np.cov's
        return
    given = with_seed(args, wanted)
    found, refusal = _answer(lambda: program.run(*given))
    if refusal:
        assert any(word in refusal for word in TELLING), refusal
    else:
        wanted = widened(program, given, wanted)
        assert_right([found[name] for name in program.outputs], wanted, "run, other lengths")
    function = compiled(program.source())
    outputs, refusal = _answer(lambda: function(*given))
    if refusal:
        assert any(word in refusal for word in TELLING), refusal
    else:
        assert_right(outputs, wanted, "source, other lengths")


def _answer(ask):
    """Return an answer, or why there is none."""
    try:
        return ask(), ""
    except (ValueError, TypeError) as error:  # of another rank, it may need another seed
        return None, str(error) or "for no reason"
