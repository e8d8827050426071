"""The explorer from Python, and the static pictures that every object has in a notebook."""

import urllib.error
import urllib.request
from html.parser import HTMLParser

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.explorer import live

X, W = np.random.default_rng(3).normal(size=(4, 3)), np.ones(3)


def forward(x, w):
    h = np.tanh(x @ w)
    loss = np.sum(h**2)
    return loss  # noqa: RET504  (variables of the forward pass have names)


def backward(x, h):
    dh = 2 * h
    dw = x.T @ (dh * (1 - h))  # noqa: F841


class Reader(HTMLParser):
    """Takes HTML apart, and wants every element closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.words = [], set(), ""
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in ("br", "rect", "mspace"):
            self.open.append(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            assert "javascript:" not in (value or "")

    def handle_endtag(self, tag):
        if tag not in ("br", "rect", "mspace"):
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


def leaf():
    t = mg.tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True)
    (t * t).sum().backward()
    return t


def report():
    return mg.compare(forward, backward, X, W)


OBJECTS = {
    "a tensor": (leaf, ["Tensor([[", "requires_grad=True", "value, 2x2, up to 3", "gradient"]),
    "a tensor of integers": (lambda: mg.tensor([1, 2, 3]), ["Tensor([1, 2, 3])", "value, 3"]),
    "a number": (lambda: mg.tensor(2.0), ["Tensor(2.)"]),
    "an empty tensor": (lambda: mg.tensor(np.zeros((0, 3))), ["Tensor([]"]),
    "a tensor with nan": (lambda: mg.tensor([np.nan, 1.0, np.inf]), ["nan", "inf"]),
    "a complex tensor": (lambda: mg.tensor([1j, 2.0]), ["Tensor(["]),
    "a report": (report, ["wrong derivative", "dw = x.T @ (dh * (1 - h))"]),
    "a line": (lambda: report().first_wrong, ["dw = x.T @ (dh * (1 - h))", "wrong derivative"]),
    "a picture": (lambda: report().pictures[0], ["by hand, 4", "automatic, 4", "difference, 4"]),
    "a check": (lambda: mg.check({"dW": W}, {"dW": W}), ["dW", "ok"]),
    "a gradcheck": (lambda: mg.gradcheck(np.sin, W), ["complex step", "ok", "gradcheck of sin"]),
    "a program": (lambda: mg.derive(forward, X, W), ["backward", "tanh"]),
}


@pytest.mark.parametrize("name", OBJECTS)
def test_every_object_has_a_static_picture(name):
    make, words = OBJECTS[name]
    found = Reader(make()._repr_html_())
    assert not found.tags & {"script", "iframe", "link", "img"}
    for word in words:
        assert word in found.words


def test_an_exercise_folds_its_answer_up():
    pytest.importorskip("hypothesis")
    found = Reader(report().counterexample()._repr_html_())
    assert "details" in found.tags
    assert "Answer:" in found.words


def test_what_stands_in_code_cannot_become_markup():
    line = report().first_wrong
    text = type(line)(1, "a < b & '<script>'", "d", "<b>x</b>", "wrong", None)._repr_html_()
    assert "<script>" not in text
    assert "<b>x" not in text


def test_a_large_tensor_is_drawn_small():
    assert len(mg.tensor(np.ones((2000, 2000)))._repr_html_()) < 200_000


# --- the live page -----------------------------------------------------------------------------


def answers(url):
    with urllib.request.urlopen(url.split("#")[0], timeout=10) as reply:
        return reply.status


def test_the_posts_network_is_served_until_it_is_closed():
    explorer = mg.explore(browser=False)
    assert answers(explorer.url) == 200
    assert repr(explorer) == f"<Explorer at {explorer.url}>"
    found = Reader(explorer._repr_html_())
    assert "dD/dW2 = sum_e hidden[e] (x) dscores[e]" in found.words
    assert explorer.url in explorer._repr_html_()
    explorer.close()
    explorer.close()
    assert repr(explorer) == "<Explorer closed>"
    assert explorer.url not in explorer._repr_html_()
    with pytest.raises(urllib.error.URLError):
        answers(explorer.url)


def test_a_pass_of_ones_own_is_served(monkeypatch):
    opened = []
    monkeypatch.setattr(live.webbrowser, "open", opened.append)
    with mg.explore(forward, backward, X, w=W) as explorer:
        assert opened == [explorer.url]
        assert answers(explorer.url) == 200
        assert "wrong derivative" in Reader(explorer._repr_html_()).words


def test_two_pages_may_be_open_at_once():
    with mg.explore(browser=False) as one, mg.explore(browser=False) as other:
        assert one.url != other.url
        assert answers(one.url) == answers(other.url) == 200


def test_what_does_not_fit_is_told_at_once():
    with pytest.raises(ValueError, match="forward takes x, w"):
        mg.explore(forward, backward, X, W, nonsense=1, browser=False)
