"""Imports point one way: each module knows only what stands below it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = (
    "pictures",
    "frames",
    "operation",
    "errors",
    "mode",
    "checks",
    "declare",
    "pending",
    "graph",
    "edges",
    "engine",
    "operators",
    "methods",
    "conversions",
    "differentiable",
    "values",
    "inplace",
    "tensor",
    "making",
    "locks",
    "anomaly",
    "lifting",
    "indices",
    "trees",
    "encoding",
    "io",
    "primitive",
    "rules",
    "transforms",
    "nn",
    "optim",
    "perturbing",
    "rounding",
    "differing",
    "numeric",
    "program",
    "compare",
    "compare.demo",  # where the library meets the hand-written side
    "explorer",
    "micrograd_np",  # the public face, micrograd_np/__init__.py
    "testing",  # imported by name alone: what it needs comes with the extra [test]
    "cli_options",
    "cli_progress",
    "cli_file",
    "cli_inputs",
    "cli_derive",
    "cli_compare",
    "cli_explore",
    "cli_verify",
    "cli",
    "__main__",
)
"""Lowest first. A new module takes its place here."""
MEETING_PLACES = ("micrograd_np.compare.demo", "micrograd_np.explorer", "micrograd_np.testing")
TESTS_NEED = {"hypothesis", "mpmath", "pytest", "torch"}


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {
    module_name(path): path
    for package in ("micrograd_np", "reference")
    for path in sorted((ROOT / package).rglob("*.py"))
}


def imports(module):
    """Yield (name, whether at module level) for all that a module imports, functions included."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        top = node in tree.body
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, top
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively; write the whole name"
            assert node.module is not None
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else node.module, top


def layer(module):
    if module == "micrograd_np":
        return LAYERS.index(module)
    name = module.removeprefix("micrograd_np.")
    if name.startswith("compare.demo"):
        return LAYERS.index("compare.demo")
    first = name.partition(".")[0]
    assert first in LAYERS, f"{module} has no place in LAYERS"
    return LAYERS.index(first)


def inside(name, package):
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize("module", [name for name in MODULES if inside(name, "micrograd_np")])
def test_a_module_imports_only_what_stands_below_it(module):
    above = [
        name
        for name, _ in imports(module)
        if inside(name, "micrograd_np") and layer(name) > layer(module)
    ]
    assert not above


@pytest.mark.parametrize("module", MODULES)
def test_the_library_and_the_hand_written_side_do_not_know_each_other(module):
    other = "reference" if inside(module, "micrograd_np") else "micrograd_np"
    if not module.startswith(MEETING_PLACES):
        assert not [name for name, _ in imports(module) if inside(name, other)]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_needs_numpy_and_the_standard_library_only(module):
    known = {*sys.stdlib_module_names, "numpy", "micrograd_np", "reference"}
    if inside(module, "micrograd_np.testing"):
        known |= TESTS_NEED
    foreign = {(name, top) for name, top in imports(module) if name.partition(".")[0] not in known}
    # torch is a third opinion for those who have it, and Hypothesis finds small inputs: they may be
    # imported where they are asked for.
    asked = ("torch", "hypothesis")
    assert foreign <= {(n, False) for n, _ in foreign if any(inside(n, one) for one in asked)}


def test_importing_the_library_imports_numpy_and_the_standard_library_only():
    script = Path(__file__).with_name("foreign_imports.py")
    run = subprocess.run(
        [sys.executable, script], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert run.stdout.split() == ["nothing"], run.stdout + run.stderr
    assert run.returncode == 0
