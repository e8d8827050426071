"""What a call with hostile arguments may do: give the right answer, or raise one clear line."""

import contextlib
import re
import signal
import warnings

import numpy as np

import micrograd_np as mg
from hostile.values import (
    difference,
    inside,
    leaves_in,
    snapshot,
    stands_for,
    tensors_in,
    without_tensors,
)
from micrograd_np.mode import MODE
from micrograd_np.operation import OPERATIONS

ALLOWED = (TypeError, ValueError, IndexError, RuntimeError, OverflowError, FloatingPointError)
"""NotImplementedError is a RuntimeError, AxisError and LinAlgError are ValueErrors."""

SECONDS = 10
"""After which a call is taken for one that hangs."""

INTERNAL = re.compile(
    r"has no attribute|referenced before|not associated with a value|to unpack|not subscriptable"
    r"|has no len|item assignment|unhashable|<lambda>\(\)"
    r"|\b(Traced|Symbolic|Stub|Pending)\b|(?<![\w'\"/.-])_[a-z]\w*[a-z](?!_)\b"
)
"""What says how the library is made, and not what was wrong with an argument."""


class Failure(AssertionError):
    """What the library must not do."""


class Hang(BaseException):
    """A call has not come to an end."""


@contextlib.contextmanager
def time_limit():
    def stop(_signal, _frame):
        raise Hang

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def judge(call, makers):
    """Call with what is made, and raise Failure if the outcome is neither right nor a clear error.

    Parameters
    ----------
    call
        What is called.
    makers
        One function for each argument, which makes it.
    """
    given = [make() for make in makers]
    before = [snapshot(value) for value in given]
    with state_is_kept(call), time_limit(), quiet():
        found, error = attempt(call, given)
    after = [snapshot(value) for value in given]
    for position, (was, now) in enumerate(zip(before, after, strict=True)):
        if was != now and (error is not None or position not in call.changes):
            raise Failure(f"argument {position} was changed from {was} to {now}")
    if error is not None:
        with quiet():
            check_error(call, error, makers)
        return error
    for position, argument in enumerate(call.arguments):
        if not _may_be_taken(argument, makers[position]()):
            raise Failure(f"argument {position} was accepted, with the result {found!r}")
    with time_limit(), quiet():
        check_result(call, found)
        check_against(call, found, given, makers)
    return None


def _may_be_taken(argument, value):
    if argument.accepts is None:
        return True
    return argument.accepts(value) or (argument.is_operand and isinstance(value, mg.Tensor))


def attempt(call, given):
    """Return what a call gives, and what it raises."""
    try:
        return call.do(*given), None
    except Hang:
        raise Failure("it does not come to an end") from None
    except Exception as error:
        return None, error


@contextlib.contextmanager
def quiet():
    """Let NumPy compute what overflows; a complex number made a real one is no such thing."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        yield


# --- what may not be changed ----------------------------------------------------------------------


@contextlib.contextmanager
def state_is_kept(call):
    before, rules = _state(), dict(OPERATIONS)
    yield
    for what, was, now in zip(_STATE, before, _state(), strict=True):
        if was != now:
            raise Failure(f"{what}: was {was}, is {now}")
    others = [function for function, record in rules.items() if OPERATIONS.get(function) != record]
    if others and call.name != "mg.defvjp":
        raise Failure(f"the rules of {others} are others")
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    if x.grad.tolist() != [2.0, 4.0]:
        raise Failure(f"gradients are wrong afterwards: {x.grad}")


_STATE = ("mode", "errstate", "warnings", "creation functions")


def _state():
    return MODE.get(), np.geterr(), list(warnings.filters), (np.zeros, np.array, np.arange)


# --- errors ---------------------------------------------------------------------------------------


def check_error(call, error, makers):
    told = f"{type(error).__name__}: {error}"
    if isinstance(error, MemoryError):
        return  # Python's own, for what is so large
    if isinstance(error, np.exceptions.ComplexWarning) and _numpy_raises(call, makers):
        return
    is_allowed = isinstance(error, (*ALLOWED, *call.errors)) or _numpy_says(call, error, makers)
    if isinstance(error, RecursionError) or not is_allowed:
        raise Failure(f"raised {told}") from error
    if not str(error).strip() or ("\n" in str(error) and not call.lines):
        raise Failure(f"is not told in one line: {told}") from error
    says_how = INTERNAL.search(str(error)) and not call.quotes
    if says_how and not _numpy_says(call, error, makers):
        raise Failure(f"does not say what is wrong: {told}") from error


def _numpy_says(call, error, makers):
    """Whether NumPy's error is the same."""
    theirs = _numpy_raises(call, makers)
    if theirs is None:
        return any(str(error) == _error_of(np.dtype, make()) for make in makers)
    return str(theirs) in str(error) or type(theirs) is type(error)


def _error_of(f, value):
    try:
        f(value)
    except Exception as error:
        return str(error)


def _numpy_raises(call, makers):
    if not call.like_numpy:
        return None
    return attempt(call, [without_tensors(make()) for make in makers])[1]


# --- results --------------------------------------------------------------------------------------


def check_result(call, found):
    for item in inside(found):
        kind = type(item)
        if isinstance(item, np.ndarray) and (kind is not np.ndarray or item.dtype == object):
            raise Failure(f"returned a {kind.__name__} of {item.dtype}")
        if isinstance(item, mg.Tensor) and type(item.data) is not np.ndarray:
            raise Failure(f"returned a Tensor of a {type(item.data).__name__}")


def check_against(call, found, given, makers):
    """Compare with what the same call gives for plainer arguments, and its gradients."""
    plain = [
        stands_for(make()) if argument.is_array else make()
        for argument, make in zip(call.arguments, makers, strict=True)
    ]
    wanted, error = attempt(call, plain)
    if error is not None:
        raise Failure(f"returned {found!r}; for plain arrays it raises {error!r}")
    differs = difference(found, wanted)
    if differs:
        raise Failure(f"the result {differs}, for plain arrays")
    if call.like_numpy:
        wanted_of_numpy, error = attempt(call, [without_tensors(make()) for make in makers])
        if error is not None:
            raise Failure(f"returned {found!r}; NumPy raises {error!r}")
        differs = difference(found, wanted_of_numpy)
        if differs:
            raise Failure(f"the result {differs}, from NumPy")
    if not call.constant:
        check_gradients(call, (found, wanted), (given, plain), makers)


def check_gradients(call, results, arguments, makers):
    leaves, plain_leaves = map(leaves_in, arguments)
    with_gradient = [_backward(result) for result in results]
    if leaves and not with_gradient[0] and _floats(results[0]):
        raise Failure(f"the result is detached: {results[0]!r}")
    for which, (leaf, plain) in enumerate(zip(leaves, plain_leaves, strict=True)):
        if leaf.grad is None and _floats(results[0]):
            check_no_influence(call, which, results[0], makers)
        elif leaf.grad is None:
            continue  # cast to integers, it is a constant
        elif plain.grad is None or np.isfinite(plain.grad).all():
            differs = difference(leaf.grad, plain.grad)
            if differs:
                raise Failure(f"a gradient {differs}, for plain arrays")


def _backward(result):
    """Pull ones back through all tensors of a result, and say whether there were any."""
    found = [t for t in tensors_in(result) if t.requires_grad]
    for t in found:
        try:
            seed = np.cos(np.arange(t.size)).reshape(t.shape)  # no two alike
            t.backward(seed, retain_graph=True)
        except Exception as error:
            raise Failure(f"returned {t!r}, whose backward pass raises {error!r}") from error
    return found


def _floats(result):
    numbers = [x for x in inside(result) if hasattr(x, "dtype") and hasattr(x, "shape")]
    return any(np.dtype(x.dtype).kind in "fc" for x in numbers if not callable(x))


def check_no_influence(call, which, found, makers):
    """Raise Failure if a leaf that got no gradient has a part in the result."""
    given = [make() for make in makers]
    leaf = leaves_in(given)[which]
    leaf.data = leaf.data * leaf.dtype.type(1.01)
    other, error = attempt(call, given)
    if error is None and difference(found, other):
        raise Failure(
            "an argument that requires a gradient has a part in the result, and gets none"
        )
