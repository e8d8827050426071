"""Functions of each element."""

import operator

import numpy as np

from rules import draws
from rules.case import case
from rules.draws import one, two
from rules.in_torch import torch

# --- elementwise: one operand ------------------------------------------------------------------

for _name, _function, _low, _torch in [
    ("negative", np.negative, -3, lambda a: -a),
    ("positive", np.positive, -3, lambda a: +a),
    ("reciprocal", np.reciprocal, -3, lambda a: 1 / a),
    ("square", np.square, -3, lambda a: a.square()),
    ("sqrt", np.sqrt, 0, lambda a: a.sqrt()),
    ("exp", np.exp, -3, lambda a: a.exp()),
    ("expm1", np.expm1, -3, lambda a: a.expm1()),
    ("log", np.log, 0, lambda a: a.log()),
    ("log1p", np.log1p, 0, lambda a: a.log1p()),
    ("sin", np.sin, -3, lambda a: a.sin()),
    ("cos", np.cos, -3, lambda a: a.cos()),
    ("tanh", np.tanh, -3, lambda a: a.tanh()),
    ("absolute", np.absolute, -3, lambda a: a.abs()),
]:
    case(_name, _function, _function, one(_low), _torch)

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
    case(_name, _function, _call, one(_low), _call)

# --- elementwise: two operands -----------------------------------------------------------------

for _name, _function, _low, _torch in [
    ("add", np.add, -3, lambda a, b: a + b),
    ("subtract", np.subtract, -3, lambda a, b: a - b),
    ("multiply", np.multiply, -3, lambda a, b: a * b),
    ("divide", np.divide, -3, lambda a, b: a / b),
    ("power", np.power, 0, lambda a, b: a**b),
    ("maximum", np.maximum, -3, lambda a, b: torch.maximum(a, b)),
    ("minimum", np.minimum, -3, lambda a, b: torch.minimum(a, b)),
]:
    case(_name, _function, _function, two(_low), _torch)

for _name, _function, _low, _call in [
    ("a + b", np.add, -3, operator.add),
    ("a - b", np.subtract, -3, operator.sub),
    ("a * b", np.multiply, -3, operator.mul),
    ("a / b", np.divide, -3, operator.truediv),
    ("a ** b", operator.pow, 0, operator.pow),
]:
    case(_name, _function, _call, two(_low), _call)

_between_multiples = two().filter(lambda drawn: np.remainder(*drawn[0]).all())
case(
    "remainder", np.remainder, np.remainder, _between_multiples, lambda a, b: torch.remainder(a, b)
)
case("a % b", np.remainder, operator.mod, _between_multiples, operator.mod)

case(
    "where",
    np.where,
    lambda a, b, condition: np.where(condition, a, b),
    draws.condition_and_two(),
    lambda a, b, condition: torch.where(torch.as_tensor(condition), a, b),
)
