"""float16 holds numbers up to 65,504: sums and counts beyond it are not computed in it."""

import numpy as np
import pytest

import micrograd_np as mg

MANY = 70_000


def test_the_gradient_of_cross_entropy_over_many_rows():
    logits = mg.tensor(np.zeros((MANY, 2), np.float16), requires_grad=True)
    mg.cross_entropy(logits, np.zeros(MANY, int)).backward()
    wanted = np.array([-0.5 / MANY, 0.5 / MANY]).astype(np.float16)
    assert wanted.all()
    np.testing.assert_array_equal(logits.grad[0], wanted, strict=True)


@pytest.mark.parametrize("function", [mg.softmax, mg.log_softmax, mg.logsumexp])
def test_over_many_classes(function):
    found = function(np.zeros(MANY, np.float16))
    wanted = {
        mg.softmax: np.full(MANY, 1 / MANY),
        mg.log_softmax: np.full(MANY, -np.log(MANY)),
        mg.logsumexp: np.log(MANY),
    }[function]
    np.testing.assert_array_equal(found, np.asarray(wanted).astype(np.float16), strict=True)
