"""Functions of each element."""

import operator

import mpmath
import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from micrograd_np.rules.selections import clip_between
from micrograd_np.rules.special import bessel
from micrograd_np.testing import strategies
from micrograd_np.testing.operations import draws
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.draws import one, two
from micrograd_np.testing.operations.in_torch import torch
from micrograd_np.testing.operations.oracles import by_element
from micrograd_np.testing.operations.this_numpy import since


def truncated(x):
    """Return mpmath's number without its fraction."""
    return mpmath.floor(x) if x > 0 else mpmath.ceil(x)


# --- one operand -------------------------------------------------------------------------------

for _name, _function, _low, _torch in [
    ("negative", np.negative, -3, lambda a: -a),
    ("positive", np.positive, -3, lambda a: +a),
    ("reciprocal", np.reciprocal, -3, lambda a: 1 / a),
    ("square", np.square, -3, lambda a: a.square()),
    ("sqrt", np.sqrt, 0, lambda a: a.sqrt()),
    ("exp", np.exp, -3, lambda a: a.exp()),
    ("exp2", np.exp2, -3, lambda a: a.exp2()),
    ("expm1", np.expm1, -3, lambda a: a.expm1()),
    ("log", np.log, 0, lambda a: a.log()),
    ("log1p", np.log1p, 0, lambda a: a.log1p()),
    ("log2", np.log2, 0, lambda a: a.log2()),
    ("log10", np.log10, 0, lambda a: a.log10()),
    ("sin", np.sin, -3, lambda a: a.sin()),
    ("cos", np.cos, -3, lambda a: a.cos()),
    ("tan", np.tan, -3, lambda a: a.tan()),
    ("sinh", np.sinh, -3, lambda a: a.sinh()),
    ("cosh", np.cosh, -3, lambda a: a.cosh()),
    ("tanh", np.tanh, -3, lambda a: a.tanh()),
    ("arctan", np.arctan, -3, lambda a: a.arctan()),
    ("arcsinh", np.arcsinh, -3, lambda a: a.arcsinh()),
    ("absolute", np.absolute, -3, lambda a: a.abs()),
]:
    case(_name, _function, _function, one(_low), _torch, complex=True)
case(
    "sinc",
    np.sinc,
    np.sinc,
    one(),
    lambda a: a.sinc(),
    exact=by_element(mpmath.sincpi),
    analytic=False,  # it is, but a complex step through sin(x) / x loses digits near 0
    complex=True,
)

for _name, _function, _torch in [
    ("arcsin", np.arcsin, lambda a: a.arcsin()),
    ("arccos", np.arccos, lambda a: a.arccos()),
    ("arctanh", np.arctanh, lambda a: a.arctanh()),
]:
    case(_name, _function, _function, one(-1, 1), _torch, complex=True)
case("arccosh", np.arccosh, np.arccosh, one(2, 5), lambda a: a.arccosh(), complex=True)

for _name, _function, _torch, _exact in [
    ("cbrt", np.cbrt, None, lambda a: mpmath.sign(a) * mpmath.cbrt(abs(a))),
    ("fabs", np.fabs, lambda a: a.abs(), abs),
    ("deg2rad", np.deg2rad, lambda a: a.deg2rad(), lambda a: a * mpmath.pi / 180),
    ("radians", np.radians, lambda a: a.deg2rad(), lambda a: a * mpmath.pi / 180),
    ("rad2deg", np.rad2deg, lambda a: a.rad2deg(), lambda a: a / mpmath.pi * 180),
    ("degrees", np.degrees, lambda a: a.rad2deg(), lambda a: a / mpmath.pi * 180),
    ("i0", np.i0, lambda a: torch.special.i0(a), lambda a: mpmath.besseli(0, a)),
]:
    case(
        _name,
        _function,
        _function,
        one(),
        _torch,
        exact=by_element(_exact),
        is_long=_function is np.i0,
    )

case(
    "i0 beyond 8",
    np.i0,
    np.i0,
    one(8, 11),
    lambda a: torch.special.i0(a),
    exact=by_element(lambda a: mpmath.besseli(0, a)),
    is_long=True,
)
case(
    "bessel",
    bessel,
    bessel,
    one(options=lambda _shape: st.fixed_dictionaries({"order": st.integers(0, 4)})),
    exact=lambda a, order: by_element(lambda x: mpmath.besseli(order, x))(a),
    is_long=True,
)

for _name, _function, _low, _call in [
    ("-a", np.negative, -3, lambda a: -a),
    ("+a", np.positive, -3, lambda a: +a),
    ("abs(a)", np.absolute, -3, abs),
    ("a + 2", np.add, -3, lambda a: a + 2),
    ("2 + a", np.add, -3, lambda a: 2 + a),
    ("a - 0.5", np.subtract, -3, lambda a: a - 0.5),
    ("0.5 - a", np.subtract, -3, lambda a: 0.5 - a),
    ("a * 3", np.multiply, -3, lambda a: a * 3),
    ("3 * a", np.multiply, -3, lambda a: 3 * a),
    ("a / 4", np.divide, -3, lambda a: a / 4),
    ("4 / a", np.divide, -3, lambda a: 4 / a),
    ("a ** 0", operator.pow, -3, lambda a: a**0),
    ("a ** 1", operator.pow, -3, lambda a: a**1),
    ("a ** 2", operator.pow, -3, lambda a: a**2),
    ("a ** 3", operator.pow, -3, lambda a: a**3),
    ("a ** -1.0", operator.pow, -3, lambda a: a**-1.0),
    ("a ** -2.0", operator.pow, -3, lambda a: a**-2.0),
    ("a ** 0.5", operator.pow, 0, lambda a: a**0.5),
    ("a ** 2.5", operator.pow, 0, lambda a: a**2.5),
    ("2.5 ** a", operator.pow, -3, lambda a: 2.5**a),
]:
    case(_name, _function, _call, one(_low), _call, complex=True)

# --- one operand, several results --------------------------------------------------------------

case(
    "modf",
    np.modf,
    lambda a: np.modf(a)[0] * 3 + np.modf(a)[1],
    one(),
    lambda a: a.frac() * 3 + a.trunc(),
    exact=by_element(lambda a: 3 * a - 2 * truncated(a)),
)
case(
    "frexp",
    np.frexp,
    lambda a: np.frexp(a)[0] * np.frexp(a)[1],
    one().filter(lambda drawn: (abs(np.frexp(drawn[0][0])[0]) != 0.5).all()),  # powers of 2
    lambda a: torch.frexp(a)[0] * torch.frexp(a)[1],
    exact=by_element(lambda a: mpmath.frexp(a)[0] * mpmath.frexp(a)[1]),
)
case(
    "ldexp",
    np.ldexp,
    lambda a, x2: np.ldexp(a, x2),
    one(
        options=lambda shape: st.fixed_dictionaries(
            {"x2": hnp.arrays(np.int64, shape[-1:], elements=st.integers(-3, 3)) | st.just(2)}
        )
    ),
    lambda a, x2: (
        a * torch.as_tensor(2.0 ** np.asarray(x2), dtype=a.real.dtype)
    ),  # torch.ldexp(a, -1): 0
    exact=lambda a, x2: a * np.asarray(mpmath.mpf(2), object) ** np.asarray(x2, object),
)

# --- two operands ------------------------------------------------------------------------------

for _name, _function, _low, _torch in [
    ("add", np.add, -3, lambda a, b: a + b),
    ("subtract", np.subtract, -3, lambda a, b: a - b),
    ("multiply", np.multiply, -3, lambda a, b: a * b),
    ("divide", np.divide, -3, lambda a, b: a / b),
    ("power", np.power, 0, lambda a, b: a**b),
    ("float_power", np.float_power, 0, lambda a, b: torch.float_power(a, b)),
]:
    case(_name, _function, _function, two(_low), _torch, complex=True)

for _name, _function, _torch in [
    ("maximum", np.maximum, lambda a, b: torch.maximum(a, b)),
    ("minimum", np.minimum, lambda a, b: torch.minimum(a, b)),
    ("fmax", np.fmax, lambda a, b: torch.fmax(a, b)),
    ("fmin", np.fmin, lambda a, b: torch.fmin(a, b)),
]:
    case(_name, _function, _function, two(), _torch)

for _name, _function, _low, _call in [
    ("a + b", np.add, -3, operator.add),
    ("a - b", np.subtract, -3, operator.sub),
    ("a * b", np.multiply, -3, operator.mul),
    ("a / b", np.divide, -3, operator.truediv),
    ("a ** b", operator.pow, 0, operator.pow),
]:
    case(_name, _function, _call, two(_low), _call, complex=True)

for _name, _function, _torch, _exact in [
    ("hypot", np.hypot, lambda a, b: torch.hypot(a, b), lambda a, b: mpmath.hypot(a, b)),
    ("arctan2", np.arctan2, lambda a, b: torch.arctan2(a, b), lambda a, b: mpmath.atan2(a, b)),
    (
        "logaddexp",
        np.logaddexp,
        lambda a, b: torch.logaddexp(a, b),
        lambda a, b: mpmath.log(mpmath.exp(a) + mpmath.exp(b)),
    ),
    (
        "logaddexp2",
        np.logaddexp2,
        lambda a, b: torch.logaddexp2(a, b),
        lambda a, b: mpmath.log(mpmath.mpf(2) ** a + mpmath.mpf(2) ** b, 2),
    ),
    (
        "copysign",
        np.copysign,
        lambda a, b: torch.copysign(a, b),
        lambda a, b: abs(a) * mpmath.sign(b),
    ),
    ("heaviside", np.heaviside, None, lambda a, _b: mpmath.mpf(int(a > 0))),
    ("nextafter", np.nextafter, None, lambda a, _b: a),
]:
    case(_name, _function, _function, two(), _torch, exact=by_element(_exact))

_between_multiples = two().filter(lambda drawn: np.remainder(*drawn[0]).all())
case(
    "remainder", np.remainder, np.remainder, _between_multiples, lambda a, b: torch.remainder(a, b)
)
case("a % b", np.remainder, operator.mod, _between_multiples, operator.mod)
case(
    "fmod",
    np.fmod,
    np.fmod,
    _between_multiples,
    lambda a, b: torch.fmod(a, b),
    exact=by_element(lambda a, b: a - truncated(a / b) * b),
)
for _name, _divmod in [("divmod", np.divmod), ("divmod(a, b)", divmod)]:
    case(
        _name,
        np.divmod,
        lambda a, b, _divmod=_divmod: _divmod(a, b)[0] + 3 * _divmod(a, b)[1],
        _between_multiples,
        lambda a, b: (a / b).detach().floor() + 3 * torch.remainder(a, b),
        exact=by_element(lambda a, b: 3 * a + (1 - 3 * b) * mpmath.floor(a / b)),
    )

case(
    "where",
    np.where,
    lambda a, b, condition: np.where(condition, a, b),
    draws.condition_and_two(),
    lambda a, b, condition: torch.where(torch.as_tensor(condition), a, b),
)

# --- between bounds ----------------------------------------------------------------------------


@st.composite
def number_and_bounds(draw):
    """Three operands that broadcast against each other, no two of them equal."""
    drawn = draw(hnp.mutually_broadcastable_shapes(num_shapes=3, min_side=0, max_dims=2))
    a, low, high = drawn.input_shapes
    operands = [
        strategies.arrays(a),
        strategies.arrays(low, -3, 1, margin=1 / 32),
        strategies.arrays(high, -1, 3, margin=3 / 32),
    ]
    return [draw(operand) for operand in operands], {}


def bounds(*names, both=True):
    """Draw bounds as options: none (of both, if that is allowed), numbers or arrays."""

    def options(shape):
        low = (
            st.none()
            | st.just(-1)
            | st.just(-0.5)
            | strategies.arrays(shape[-1:], -3, 1, margin=1 / 32)
        )
        high = (
            st.none()
            | st.just(1)
            | st.just(0.5)
            | strategies.arrays(shape[-1:], -1, 3, margin=3 / 32)
        )
        drawn = st.fixed_dictionaries(dict(zip(names, (low, high), strict=True)))
        return (
            drawn
            if both
            else drawn.filter(lambda options: any(v is not None for v in options.values()))
        )

    return options


def clip(a, a_min=None, a_max=None, **renamed):
    low, high = renamed.get("min", a_min), renamed.get("max", a_max)
    given = [torch.as_tensor(b) for b in (low, high) if b is not None]
    a, *given = torch.broadcast_tensors(a, *given)
    given = iter(given)
    low, high = (None if b is None else next(given) for b in (low, high))
    return +a if low is high is None else torch.clamp(a, low, high)


case("clip", np.clip, np.clip, number_and_bounds(), clip)
case(
    "clip between options",
    np.clip,
    np.clip,
    one(options=bounds("a_min", "a_max", both=since("2.1.0"))),
    clip,
)
if since("2.1.0"):
    case("clip between min= and max=", np.clip, np.clip, one(options=bounds("min", "max")), clip)
case("the ufunc clip", clip_between, clip_between, number_and_bounds(), clip)


def nan_to_num(a, **options):
    if a.is_complex():
        return torch.complex(nan_to_num(a.real, **options), nan_to_num(a.imag, **options))
    return torch.nan_to_num(a, **options)


_bound = st.none() | st.sampled_from([-2.0, 7.0])
case(
    "nan_to_num",
    np.nan_to_num,
    np.nan_to_num,
    one(
        options=lambda _shape: st.fixed_dictionaries(
            {"nan": st.sampled_from([0.0, 1.5]), "posinf": _bound, "neginf": _bound}
        )
    ),
    nan_to_num,
    complex=True,
    unsupported={"copy": False},
)
