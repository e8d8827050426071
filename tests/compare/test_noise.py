"""What NumPy prints of edits that make no sense is kept back, and nothing else is."""

import sys
from types import SimpleNamespace

import pytest

from micrograd_np.compare.running.noise import without_noise


@pytest.fixture
def heard(monkeypatch):
    found = []
    monkeypatch.setattr(sys, "unraisablehook", found.append)
    return found


def test_what_a_failed_write_back_prints_is_kept_back(heard):
    with without_noise():
        sys.unraisablehook(SimpleNamespace(object="array_dealloc"))
    assert heard == []


def test_what_the_user_s_own_objects_say_is_heard(heard):
    said = SimpleNamespace(object=print)
    with without_noise():
        sys.unraisablehook(said)
    assert heard == [said]


def test_the_hook_is_put_back_even_if_something_raises(heard):
    before = sys.unraisablehook
    with pytest.raises(ZeroDivisionError), without_noise():
        raise ZeroDivisionError
    assert sys.unraisablehook is before
