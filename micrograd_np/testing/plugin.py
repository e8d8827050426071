"""The plugin for pytest, wherever the library is installed: the fixture ``gradcheck``."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture(scope="session")  # so that it can stand beside what Hypothesis draws
def gradcheck() -> Callable[..., None]:
    """Assert that the gradients of a function are the derivatives of its values.

    ``gradcheck(f, *inputs)``, as in `micrograd_np.testing.gradcheck`; an input may be a strategy.
    """
    from micrograd_np.testing.assertions import gradcheck  # so that other tests start at once

    return gradcheck
