"""What the commands of the examples have in common: their options, and what has to be there."""

import argparse
import importlib


def options(description: str | None, *packages: str) -> argparse.Namespace:
    """Read the command line; end with status 2 if a package is missing.

    Parameters
    ----------
    description
        The docstring of the example, for ``--help``.
    *packages
        What the example cannot do without, by the names that are imported.

    Returns
    -------
    Namespace
        `torch` and `short`: whether PyTorch is to run beside it, and only a few steps are taken.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--torch", action="store_true", help="train in PyTorch, too, and compare")
    parser.add_argument("--short", action="store_true", help="take a few steps only")
    given = parser.parse_args()
    for package in (*["torch"] * given.torch, *packages):
        try:
            importlib.import_module(package)
        except ImportError:
            name = {"sklearn": "scikit-learn", "torch": "PyTorch"}.get(package, package)
            extras = "examples,torch" if package == "torch" else "examples"
            parser.exit(2, f'This needs {name}: pip install -e ".[{extras}]"\n')
    return given
