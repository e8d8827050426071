"""Programs as equations: in LaTeX that a parser of others reads, and in MathML."""

import logging
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import micrograd_np as mg
from micrograd_np.program.printing.mathematics.equations import Sheet, equations
from micrograd_np.program.printing.mathematics.mathml import convert
from micrograd_np.program.printing.mathematics.symbols import symbols
from micrograd_np.testing.operations.table import CASES
from program.networks import FUSED, NETWORKS, Network, normal

NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"


@pytest.fixture(scope="module")
def parse():
    """Return a function that parses LaTeX as matplotlib does."""
    mathtext = pytest.importorskip("matplotlib.mathtext", reason="it is the parser of this test")
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # fonts without a glyph
    parser = mathtext.MathTextParser("path")
    return lambda text: parser.parse(f"${text}$")


def assert_readable(program, parse):
    """Assert that every equation parses, in LaTeX and in MathML."""
    found = equations(program.record)
    for equation in found:
        try:
            parse(equation.text)
        except ValueError as error:
            raise AssertionError(equation.text) from error
    names = {e.value for e in found}
    assert names.issuperset(program.record.results)
    assert [e.number for e in found] == list(range(1, len(found) + 1))
    assert len({e.left for e in found}) == len(found), "a symbol stands for two values"
    latex = program.latex()
    assert latex.count(r"\tag{") == len(found)
    table = ET.fromstring(program.mathml())
    assert len(list(table.iter(f"{NAMESPACE}math"))) == len(found)


# --- the post's network ------------------------------------------------------------------------

POST = r"""
\underset{N \times 6}{u_{2}} = X W_{1} + b_{1}
\underset{N \times 6}{\mathit{hidden}} = \max(u_{2}, 0)
\underset{N \times 3}{\mathit{scores}} = \mathit{hidden} \, W_{2} + b_{2}
\underset{N \times 3}{\mathit{exp\_scores}} = \exp(\mathit{scores})
\underset{N \times 3}{\mathit{probs}} = \frac{\mathit{exp\_scores}}{\sum_{j} \mathit{exp\_scores}_{:,j}}
\mathit{data\_loss} = -\frac{1}{N} \sum_{n} \log(\mathit{probs}_{n,y_{n}})
\mathit{reg\_loss} = \frac{\mathit{reg}}{2} \, \left(\left\|W_{1}\right\|_{F}^{2} + \left\|W_{2}\right\|_{F}^{2}\right)
\mathit{loss} = \mathit{data\_loss} + \mathit{reg\_loss}
\underset{N \times 3}{\frac{\partial \mathit{loss}}{\partial \mathit{scores}_{n,j}}} = \frac{1}{N} \, (\mathit{probs}_{n,j} - \mathbf{1}[j = y_{n}])
\underset{1 \times 3}{\frac{\partial \mathit{loss}}{\partial b_{2}}} = \sum_{n} \frac{\partial \mathit{loss}}{\partial \mathit{scores}_{n,:}}
\underset{N \times 6}{\frac{\partial \mathit{loss}}{\partial \mathit{hidden}}} = \frac{\partial \mathit{loss}}{\partial \mathit{scores}} \, W_{2}^{\top}
\underset{6 \times 3}{\frac{\partial \mathit{loss}}{\partial W_{2}}} = \mathit{hidden}^{\top} \, \frac{\partial \mathit{loss}}{\partial \mathit{scores}} + \mathit{reg} \, W_{2}
\underset{N \times 6}{\frac{\partial \mathit{loss}}{\partial u_{2}}} = \mathbf{1}[\mathit{hidden} > 0] \odot \frac{\partial \mathit{loss}}{\partial \mathit{hidden}}
\underset{1 \times 6}{\frac{\partial \mathit{loss}}{\partial b_{1}}} = \sum_{n} \frac{\partial \mathit{loss}}{\partial (u_{2})_{n,:}}
\underset{4 \times 6}{\frac{\partial \mathit{loss}}{\partial W_{1}}} = X^{\top} \, \frac{\partial \mathit{loss}}{\partial u_{2}} + \mathit{reg} \, W_{1}
"""  # noqa: E501


def test_the_equations_of_the_post():
    found = [equation.text for equation in equations(NETWORKS[0].derive().record)]
    assert found == POST.strip().splitlines()


def test_a_fused_loss_has_the_same_gradients():
    spelled, fused = (
        [e.text.replace("n", "i").replace("N", "9") for e in equations(p.record) if e.backward]
        for p in (NETWORKS[0].derive(), FUSED.derive())
    )
    assert spelled[1:] == fused[1:]
    assert r"- \mathbf{1}[j = y_{i}]" in spelled[0]
    assert r"- \mathbf{1}[j = y_{i}]" in fused[0]


def test_latex_is_one_fragment():
    lines = NETWORKS[0].derive().latex().splitlines()
    assert lines[0] == r"\begin{align}"
    assert lines[-1] == r"\end{align}"
    assert lines.count("% backward") == 1
    rows = [line for line in lines[1:-1] if line != "% backward"]
    assert all(row.count(" &= ") == 1 for row in rows)
    assert [row.endswith(r"} \\") for row in rows] == [True] * (len(rows) - 1) + [False]


# --- every operation, and networks ---------------------------------------------------------------


@pytest.mark.parametrize("case", [case for case in CASES if not case.refused], ids=str)
@settings(max_examples=1, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_operation_can_be_read(case, data, parse):
    arrays, options = data.draw(case.draw)

    def f(*operands):
        return np.sum(np.tanh(case.call(*operands, **options)) * 2)

    assert_readable(mg.derive(f, *arrays), parse)


def loop(x, w):
    out = np.zeros(x.shape)
    for i in range(3):
        out[i] = np.sum(x[i] * w) * x[i]
    return np.sum(out * out)


def embedding(table, words, W):
    h = table[words] @ W
    return np.sum(np.sin(h)) * h[np.arange(words.shape[0]), words].mean()


def many_kinds(x, y):
    left, right = np.split(x, [1], axis=1)
    both = np.concatenate([left * right, y[::-1]], axis=1)
    chosen = both[both > 0].sum() + np.where((x > 0) & ~(y < x), x, 2.0).std(ddof=1)
    mixed = np.einsum("ij,kj->ik", both, both).reshape(2, -1) + np.max(y) ** x.mean()
    return mixed * chosen - np.moveaxis(mixed, 0, 1).sum(axis=(0, 1))


OTHERS = [
    Network(loop, None, (normal(3, 4), normal(4))),
    Network(embedding, None, (normal(5, 3), np.array([1, 0, 1, 4]), normal(3, 5))),
    Network(many_kinds, None, (normal(4, 2), normal(4, 2, seed=1) ** 2)),
]


@pytest.mark.parametrize("network", [*NETWORKS, FUSED, *OTHERS], ids=str)
def test_networks_can_be_read(network, parse):
    assert_readable(network.derive(), parse)


# --- how things are written ----------------------------------------------------------------------

A = np.array([[0.5, 0.25], [0.125, 0.75]])
WRITTEN = [
    (lambda a, b: (a + b) * a, r"(a + b) \odot a"),
    (lambda a, b: a - (b - a), "a - (b - a)"),
    (lambda a, b: a - b - a, "a - b - a"),
    (lambda a, b: a + -b, "a - b"),
    (lambda a, b: -(a + b), "-(a + b)"),
    (lambda a, b: (a * b) @ a, r"(a \odot b) a"),
    (lambda a, b: (a @ b) * a, r"(a b) \odot a"),
    (lambda a, b: a @ (2 * b), "a (2 b)"),
    (lambda a, b: (2 * a) @ b, "2 a b"),
    (lambda a, b: a * 0.5, r"\frac{1}{2} \, a"),
    (lambda a, b: a * 1e-5 + b, r"10^{-5} a + b"),
    (lambda a, b: (a + b) / a, r"\frac{a + b}{a}"),
    (lambda a, b: (a + b).T @ b, r"(a + b)^{\top} b"),
    (lambda a, b: (a / b) ** 2, r"\left(\frac{a}{b}\right)^{\odot 2}"),
    (lambda a, b: 1 - a**3, r"1 - a^{\odot 3}"),
    (lambda a, b: np.log1p(-a), r"\log(1 - a)"),
    (lambda a, b: np.where(a > b, a, 0), r"\mathbf{1}[a > b] \odot a"),
    (lambda a, b: np.where(a > b, 0, a), r"\mathbf{1}[a \leq b] \odot a"),
    (lambda a, b: (a > b) * a, r"\mathbf{1}[a > b] \odot a"),
    (lambda a, b: a.sum(axis=0) * b, r"\left(\sum_{i} a_{i,:}\right) \odot b"),
    (lambda a, b: b + a.sum(axis=1), r"b + \sum_{j} a_{:,j}"),
    (lambda a, b: (a * b).sum(axis=1), r"\sum_{j} a_{:,j} \odot b_{:,j}"),
    (lambda a, b: (a + b).sum(), r"\sum_{i,j} (a_{i,j} + b_{i,j})"),
    (lambda a, b: (a * b).mean(), r"\frac{1}{2 \cdot 2} \sum_{i,j} a_{i,j} b_{i,j}"),
    (lambda a, b: 3 * (a * a).sum(), r"3 \left\|a\right\|_{F}^{2}"),
    (lambda a, b: a[0] * b[0], r"a_{0,:} \odot b_{0,:}"),
    (lambda a, b: a[0] @ b[1], r"a_{0,:}^{\top} b_{1,:}"),
    (lambda a, b: a[:1, 1] + b[None, 0, 0], r"a_{:1,1} + b_{0,0}"),
    (lambda a, b: a[np.array([1, 0])] + b, r"a_{(1, 0),:} + b"),
    (lambda a, b: np.abs(a) + np.sqrt(b), r"|a| + \sqrt{b}"),
    (
        lambda a, b: np.where((a > b) & ~(b < 0.5), a, 0),
        r"\mathbf{1}[(a > b) \wedge (\neg (b < 0.5))] \odot a",
    ),
    (lambda a, b: np.broadcast_to(a[0, 0], (2, 2)) @ b, r"a_{0,0} \, \mathbf{1} \, b"),
    (lambda a, b: a @ np.broadcast_to(b[0], (2, 2)), r"a (\mathbf{1} \odot b_{0,:})"),
    (lambda a, b: np.ones((2, 2)) @ b, r"\mathbf{1} \, b"),
    (lambda a, b: np.cumsum(a, axis=0) + b, r"\mathrm{cumsum}(a, \mathrm{axis} = 0) + b"),
    (lambda a, b: a * np.linalg.norm(b), r"\left\|b\right\|_{F} a"),
    (lambda a, b: np.linalg.norm(a[0] - b[0]) ** 2, r"\left\|a_{0,:} - b_{0,:}\right\|^{2}"),
    (lambda a, b: np.linalg.norm(a[0], np.inf), r"\left\|a_{0,:}\right\|_{\infty}"),
    (lambda a, b: np.linalg.norm(a[0] / 3, 1.5), r"\left\|\frac{a_{0,:}}{3}\right\|_{1.5}"),
    (lambda a, b: b + np.linalg.norm(a, axis=1), r"b + \mathrm{linalg.norm}(a, \mathrm{axis} = 1)"),
    (lambda a, b: np.pad(a, 1), r"\mathrm{pad}(a, 1)"),
]


def column(A, b):
    z = A + b[:, None]
    w = A + b
    return np.sum(z * w)


def distances(X, C):
    d = ((X[:, None, :] - C[None, :, :]) ** 2).sum(axis=2)
    best = d.argmin(axis=1)
    return np.sum((X - C[best]) ** 2) + np.sum(d)


def outer(x, w):
    u = x @ w
    return np.sum(np.tanh(u))


def rows(a, b):
    out = b + a.sum(axis=1)
    return out


IN_LETTERS = [
    (column, ((3, 3), (3,)), "z", r"z_{i,j} = A_{i,j} + b_{i}"),
    (column, ((3, 3), (3,)), "w", r"w = A + b"),
    (distances, ((6, 2), (3, 2)), "t1", r"(t_{1})_{i,j,k} = X_{i,k} - C_{j,k}"),
    (distances, ((6, 2), (3, 2)), "best", r"\mathit{best} = \mathrm{argmin}_{j} d_{:,j}"),
    (outer, ((4, 3), (3,)), "dx", r" = \frac{\partial \mathit{value}}{\partial u} \, w^{\top}"),
    (rows, ((2, 2), (2, 2)), "da", r" = \sum_{k} \frac{\partial L}{\partial \mathit{out}_{k,i}}"),
]


@pytest.mark.parametrize(("f", "shapes", "name", "wanted"), IN_LETTERS)
def test_axes_of_length_one_are_told_apart_by_letters(f, shapes, name, wanted, parse):
    program = mg.derive(f, *(normal(*shape) for shape in shapes))
    (value,) = (v for v, known in program.record.names.items() if known == name)
    (equation,) = (e for e in equations(program.record) if e.value is value)
    assert wanted in re.sub(r"\\underset\{[^{}]*\}\{(.*)\} =", r"\1 =", equation.text)
    assert_readable(program, parse)


@pytest.mark.parametrize(("f", "wanted"), WRITTEN, ids=[wanted for _, wanted in WRITTEN])
def test_how_it_is_written(f, wanted, parse):
    program = mg.derive(f, A, A[::-1] / 2)
    sheet = Sheet(program.record)
    sheet.writer.is_line = lambda value: False  # all in one formula
    assert sheet.writer.computed(program.record.results[0]).text == wanted
    parse(wanted)
    assert_readable(program, parse)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("x", "x"),
        ("W1", "W_{1}"),
        ("h_2", "h_{2}"),
        ("Wq", "W_{q}"),
        ("dx", r"\mathit{dx}"),
        ("mu", r"\mu"),
        ("sigma2", r"\sigma_{2}"),
        ("lambda_", r"\lambda"),
        ("x_hat", r"\hat{x}"),
        ("xbar", r"\bar{x}"),
        ("hidden", r"\mathit{hidden}"),
        ("hidden_3", r"\mathit{hidden}_{3}"),
        ("data_loss", r"\mathit{data\_loss}"),
        ("h_prev", r"h_{\mathit{prev}}"),
        ("_x", r"\mathit{\_x}"),
        ("__", r"\mathit{\_\_}"),
    ],
)
def test_names_become_symbols(name, wanted, parse):
    assert symbols([name])[name].text == wanted
    parse(wanted)
    convert(wanted)


def test_names_that_look_alike_become_different_symbols(parse):
    names = ["h1", "h_1", "h_1_", "x_hat", "xhat", "lam", "lambda_"]
    found = [symbol.text for symbol in symbols(names).values()]
    assert len(set(found)) == len(names)
    for text in found:
        parse(text)


def test_a_letter_that_is_a_variable_counts_along_no_axis():
    def f(i, j):
        return (i * j).sum(axis=0)

    (right, *_) = (e.right for e in equations(mg.derive(f, A, A).record))
    assert right == r"\sum_{k} i_{k,:} \odot j_{k,:}"


def test_elements_that_are_picked_and_placed():
    def f(table, rows):
        picked = table[rows]
        return (picked * picked).sum()

    found = [e.text for e in equations(mg.derive(f, A, np.array([0, 1, 1])).record)]
    assert found == [
        r"\underset{3 \times 2}{\mathit{picked}} = \mathit{table}_{\mathit{rows},:}",
        r"\mathit{value} = \left\|\mathit{picked}\right\|_{F}^{2}",
        r"\underset{3 \times 2}{\frac{\partial \mathit{value}}{\partial \mathit{picked}}} "
        r"= 2 \, \mathit{picked}",
        r"\underset{2 \times 2}{\frac{\partial \mathit{value}}{\partial \mathit{table}_{i,j}}} "
        r"= \sum_{k} \mathbf{1}[i = \mathit{rows}_{k}] \, "
        r"\frac{\partial \mathit{value}}{\partial \mathit{picked}_{k,j}}",
    ]


# --- MathML --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("latex", "wanted"),
    [
        ("x", "<mi>x</mi>"),
        ("x^{2}", "<msup><mi>x</mi><mn>2</mn></msup>"),
        (r"\frac{1}{N}", "<mfrac><mn>1</mn><mi>N</mi></mfrac>"),
        ("W_{1}^{2}", "<msubsup><mi>W</mi><mn>1</mn><mn>2</mn></msubsup>"),
        (r"\sqrt{x}", "<msqrt><mi>x</mi></msqrt>"),
        (r"a \leq 0.5", "<mrow><mi>a</mi><mo>≤</mo><mn>0.5</mn></mrow>"),
        ("a<b", "<mrow><mi>a</mi><mo>&lt;</mo><mi>b</mi></mrow>"),
        (r"\underset{3}{b}", "<munder><mi>b</mi><mn>3</mn></munder>"),
        ("-x", '<mrow><mo form="prefix">−</mo><mi>x</mi></mrow>'),
    ],
)
def test_latex_as_mathml(latex, wanted):
    assert convert(latex) == wanted


@pytest.mark.parametrize("latex", ["{x", "x}", "x_{1}_{2}", r"\unheard", r"\left(x"])
def test_what_is_no_latex_of_ours_is_refused(latex):
    with pytest.raises(ValueError, match=r"\S"):
        convert(latex)
