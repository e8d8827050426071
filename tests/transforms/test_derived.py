"""Programs are recorded through every transform, and their backward passes derived."""

import numpy as np
import pytest

import micrograd_np as mg

X = np.array([0.5, 2.0])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(mg.grad(lambda y: np.sum(np.sin(y) * x))(x)),
        lambda x: np.sum(mg.vjp(np.sin, x)[1](x)[0]),
        lambda x: np.sum(mg.jvp(np.sin, (x,), (x,))[1]),
        lambda x: np.sum(mg.linearize(np.sin, x)[1](x * x)),
        lambda x: np.sum(mg.jacobian(lambda y: np.outer(y, np.exp(y)), mode="forward")(x)),
        lambda x: np.sum(mg.jacobian(lambda y: y * np.sum(y**2), mode="reverse")(x)),
        lambda x: np.sum(mg.hessian(lambda y: np.sum(y**4) * y[0])(x)),
        lambda x: np.sum(mg.hvp(lambda y: np.sum(y**3), x, x)),
        lambda x: np.sum(mg.elementwise_grad(np.tanh)(x)),
        lambda x: np.sum(mg.checkpoint(lambda y: np.sin(y) * y)(x)),
        lambda x: np.sum(mg.ravel({"a": x, "b": [x**2]})[0] ** 2),
        lambda x: np.sum(x * mg.stop_gradient(x)),
    ],
)
def test_what_is_derived_is_what_is_computed(f):
    found, wanted = mg.derive(f, X).run(X)["dx"], mg.grad(f)(X)
    np.testing.assert_allclose(found, wanted, rtol=1e-13)
    np.testing.assert_allclose(mg.derive(f, X).run(X + 1)["dx"], mg.grad(f)(X + 1), rtol=1e-13)
