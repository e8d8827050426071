"""Fit a curve with SciPy, by gradients from here: two peaks on a sloping line.

    python -m benchmarks.training.curve [--torch] [--short]

SciPy wants one vector, the curve wants names: `mg.ravel` goes from these to that and back, and
`mg.value_and_grad` goes through it. Printed are the parameters that the noisy data were drawn with,
and those that L-BFGS-B finds, with standard errors from `mg.hessian`. With --torch, it fits the
curve once more by gradients from PyTorch.
"""

import numpy as np

import micrograd_np as mg
from benchmarks.training.command import options


def parameters(height, centre, width, offset, slope):
    """Return the parameters by name: of two peaks, and of the line below them."""
    pairs = {"height": np.array(height), "centre": np.array(centre), "width": np.array(width)}
    return {"peaks": pairs, "line": {"offset": np.array(offset), "slope": np.array(slope)}}


TRUE = parameters([1.0, 0.6], [3.0, 6.5], [0.5, 1.0], 0.3, 0.02)
START = parameters([0.5, 0.5], [2.5, 7.5], [1.0, 1.0], 0.0, 0.0)
NAMES = [f"{name} {i}" for name in TRUE["peaks"] for i in (1, 2)] + list(TRUE["line"])
NOISE = 0.05


def curve(params, x, exp=np.exp):
    """Return the heights of the curve at x, with either library's exp."""
    peaks, line = params["peaks"], params["line"]
    away = (x[:, None] - peaks["centre"]) / peaks["width"]
    return (peaks["height"] * exp(-0.5 * away**2)).sum(1) + line["offset"] + line["slope"] * x


def misfit(params, x, y, exp=np.exp):
    """Return half the squares of what the curve misses, in units of the noise, added up."""
    return 0.5 * (((curve(params, x, exp) - y) / NOISE) ** 2).sum()


def main():
    """Fit, and print what was found beside what is true."""
    given = options(__doc__, "scipy")
    from scipy.optimize import minimize

    x = np.linspace(0, 10, 200)
    y = curve(TRUE, x) + np.random.default_rng(0).normal(0, NOISE, x.shape)
    flat, unravel = mg.ravel(START)
    few = {"maxiter": 25} if given.short else None

    def f(flat):
        return misfit(unravel(flat), x, y)

    found = minimize(mg.value_and_grad(f), flat, jac=True, method="L-BFGS-B", options=few)
    errors = np.sqrt(np.diag(np.linalg.inv(mg.hessian(f)(found.x))))
    print(f"misfit {f(flat):.1f} -> {found.fun:.1f} in {found.nit} steps")
    print("                true    found    error")
    for row in zip(NAMES, mg.ravel(TRUE)[0], found.x, errors, strict=True):
        print("{:<12}{:8.4f} {:8.4f} {:8.4f}".format(*row))
    if given.torch:
        import torch

        def by_torch(flat):
            params = {
                part: {name: torch.from_numpy(a) for name, a in arrays.items()}
                for part, arrays in unravel(flat).items()
            }
            data = torch.from_numpy(x), torch.from_numpy(y)
            grads, value = torch.func.grad_and_value(misfit)(params, *data, torch.exp)
            return value.item(), mg.ravel(grads)[0]

        theirs = minimize(by_torch, flat, jac=True, method="L-BFGS-B", options=few)
        print(f"by PyTorch: misfit {theirs.fun:.1f} in {theirs.nit} steps,", end=" ")
        print(f"parameters at most {np.abs(found.x - theirs.x).max():.0e} apart")


if __name__ == "__main__":
    main()
