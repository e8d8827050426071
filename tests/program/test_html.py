"""What a notebook shows: code beside mathematics, from nowhere but the program itself."""

import ast
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.program.printing.mathematics.equations import equations
from program.networks import FUSED, NETWORKS

MATH = "{http://www.w3.org/1998/Math/MathML}math"
ELSEWHERE = re.compile(r"\b(src|href|srcset|data)\s*=|url\(|@import|<(script|link|img|iframe)")

every_network = pytest.mark.parametrize("network", [*NETWORKS, FUSED], ids=str)


def code_in(page):
    return "\n".join("".join(pre.itertext()) for pre in page.iter("pre"))


@every_network
def test_it_is_well_formed_and_complete(network):
    program = network.derive()
    page = ET.fromstring(program._repr_html_())
    numbers = [cell.text for cell in page.iter("td") if cell.get("class") == "mg-number"]
    count = len(equations(program.record))
    assert numbers == [f"({i + 1})" for i in range(count)]
    displayed = [m for m in page.iter(MATH) if m.get("display") == "block"]
    assert len(displayed) == count


@every_network
def test_every_line_of_code_stands_there_once_and_in_order(network):
    program = network.derive()
    source = program.source()
    guards = {n for node in ast.walk(ast.parse(source)) for n in lines_of_guard(node)}
    lines = [line for n, line in enumerate(source.splitlines(), 1) if n not in guards]
    body = "\n".join(lines).rpartition('"""')[2]
    wanted = [line.partition("  #")[0].strip() for line in body.splitlines()]
    shown = [line.strip() for line in code_in(ET.fromstring(program._repr_html_())).splitlines()]
    shown = shown[1:]  # the function's first line, before the docstring in the source
    assert [line for line in shown if line] == [line for line in wanted if line]


def lines_of_guard(node):
    return range(node.lineno, node.end_lineno + 1) if isinstance(node, ast.If) else ()


@every_network
def test_it_asks_for_nothing_from_elsewhere(network):
    text = network.derive()._repr_html_()
    addresses = set(re.findall(r"\w+://[^\"\s]*", text))
    assert addresses == {"http://www.w3.org/1998/Math/MathML"}  # a name, not a place
    assert not ELSEWHERE.search(text)


def test_each_equation_stands_beside_its_code():
    page = ET.fromstring(FUSED.derive()._repr_html_())
    beside = {}
    for row in page.iter("tr"):
        cells = row.findall("td")
        if cells and cells[-1].get("class") == "mg-number":
            code = "".join(cells[0].itertext()) if len(cells) == 3 else None
            beside[cells[-1].text] = code
    assert beside["(1)"] == "hidden = np.maximum(X @ W1 + b1, 0)"
    assert beside["(2)"] is None  # the same line: its cell is two rows high
    assert [code for code in beside.values() if code and code.startswith("dscores = ")] == [
        "dscores = exp / total\ndscores[np.arange(X.shape[0]), y] -= 1\ndscores /= X.shape[0]"
    ]


def test_signs_that_stand_there_are_explained():
    def f(x, y):
        return np.sum(np.tanh(x @ y))

    def g(x, y):
        return np.where(x > 0, x * y, 0)

    a = np.eye(2)
    plain, masked = (mg.derive(function, a, a)._repr_html_() for function in (f, g))
    assert "1 where the condition holds" in masked
    assert "1 where the condition holds" not in plain


def test_names_and_code_are_escaped():
    def f(x):
        return np.where(x < 2, x, 0) * 3

    text = mg.derive(f, np.ones(3))._repr_html_()
    assert "x &lt; 2" in text
    assert "x < 2" not in text


def test_a_constant_that_is_too_large_to_write_out_is_left_open():
    large = np.arange(200.0).reshape(2, 100)
    page = ET.fromstring(mg.derive(lambda x: x @ large, np.ones((3, 2)))._repr_html_())
    code = code_in(page)
    assert "large = …" in code
    assert "out = x @ large" in code
    assert len([m for m in page.iter(MATH) if m.get("display") == "block"]) == 2
