"""Arrays that are made of end points, or asked for by ``like=``."""

import numpy as np
from hypothesis import strategies as st

from micrograd_np.testing.operations import draws_moving as moving
from micrograd_np.testing.operations import in_torch
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.draws import one
from micrograd_np.testing.operations.draws_moving import just
from micrograd_np.testing.operations.this_numpy import options_since


def line(start, stop, retstep, **options):
    """Return the numbers and the step between them in one array."""
    out = np.linspace(start, stop, retstep=retstep, **options)
    return np.concatenate([np.ravel(part) for part in out]) if retstep else out


case("linspace", np.linspace, line, moving.lines(), in_torch.linspace)

_MORE = {"copy": st.sampled_from([None, True]), "device": st.sampled_from([None, "cpu"])}
_ALSO = {np.asarray: _MORE, np.asanyarray: options_since("2.1.0", **_MORE)}
for _function in _ALSO:
    case(
        _function.__name__,
        _function,
        lambda a, f=_function, **options: f(a, like=a, **options),
        one(
            options=just(
                dtype=st.just(None),
                order=st.sampled_from("CF"),
                **_ALSO[_function],
            )
        ),
        lambda a, **_: a.clone(),
    )
for _function in (np.ascontiguousarray, np.asfortranarray, np.require):
    _options = {"requirements": st.sampled_from([None, "C"])} if _function is np.require else {}
    case(
        _function.__name__,
        _function,
        lambda a, f=_function, **options: f(a, like=a, **options),
        one(options=just(dtype=st.just(None), **_options), min_dims=1),
        lambda a, **_: a.clone(),
    )
