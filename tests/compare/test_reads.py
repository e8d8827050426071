"""Whether a statement reads a variable: items of dicts and lists are told apart by their keys."""

import ast

import pytest

from compare.written import compared, normal
from micrograd_np.compare.running.code import reads

READ = [
    ("x = dW", "dW"),
    ("x = f(dW.T, y)", "dW"),
    ("x = dW[0]", "dW"),
    ("x = dW[i]", "dW"),
    ("x = dW[:, 0]", "dW"),
    ("dW += y", "dW"),
    ("dW[0] = y", "dW"),
    ("x = grads['W1']", "grads['W1']"),
    ("x = grads['W1'] + grads['W2']", "grads['W1']"),
    ("x = grads['W1'][0]", "grads['W1']"),
    ("x = grads['W1']", "grads"),
    ("grads['W1'] += y", "grads['W1']"),
    ("grads['W1'] = y", "grads['W1']"),
    ("x = grads", "grads['W1']"),
    ("return grads", "grads['W1']"),
    ("f(grads['W2'], grads)", "grads['W1']"),
    ("x = grads[name]", "grads['W1']"),
    ("x = grads.values()", "grads['W1']"),
    ("x = grads['first']['W']", "grads['first']['W']"),
    ("x = grads['first']", "grads['first']['W']"),
    ("x = dWs[1]", "dWs[1]"),
    ("x = dWs[-1]", "dWs[1]"),
    ("x = self.dW", "self.dW"),
    ("x = cache.h['a']", "cache.h['a']"),
]
NOT_READ = [
    ("x = y", "dW"),
    ("dW = y", "dW"),
    ("dW, db = y, z", "dW"),
    ("x = 'dW'", "dW"),
    ("x = dW1", "dW"),
    ("x = a.dW", "dW"),
    ("x = grads['W2']", "grads['W1']"),
    ("grads['W2'] = y", "grads['W1']"),
    ("grads['W2'] += grads['b']", "grads['W1']"),
    ("x = grads['W']", "grads['W1']"),
    ("x = grads['W11']", "grads['W1']"),
    ("x = grads['second']['W']", "grads['first']['W']"),
    ("x = dWs[10]", "dWs[1]"),
    ("x = dWs[1]", "dWs[10]"),
]


@pytest.mark.parametrize(("line", "path"), READ)
def test_it_is_read(line, path):
    assert reads(ast.parse(line).body[0], path)


@pytest.mark.parametrize(("line", "path"), NOT_READ)
def test_it_is_not_read(line, path):
    assert not reads(ast.parse(line).body[0], path)


ITEMS = """\
import numpy as np


def forward(x, W1, W2):
    h = np.tanh(x @ W1)
    out = h @ W2
    loss = np.sum(np.sin(out))
    return loss


def backward(x, W2, h, out):
    grads = {}
    dout = np.cos(out)
    grads["odd"] = 3 * dout**2
    grads["W2"] = h.T @ dout
    grads["W1"] = x.T @ (dout @ W2.T * (1 - h))
    return grads
"""


def test_an_item_that_no_line_reads_is_not_right_by_the_next_one(load):
    given = {"x": normal(6, 4), "W1": normal(4, 3), "W2": normal(3, 2)}
    report = compared(load, ITEMS, given)
    assert report.first_wrong.source.startswith('grads["W1"] =')
    verdicts = {line.source: line.verdict for line in report.lines}
    assert verdicts['grads["W2"] = h.T @ dout'] == "ok"
    assert verdicts['grads["odd"] = 3 * dout**2'] == "follows"
