"""Print what `import micrograd_np` imports beyond NumPy and the standard library; fail if any.

A script that needs nothing but the library, so that it runs where pytest is not installed.
"""

import importlib
import sys

OURS = {"micrograd_np", "numpy"}


def foreign_imports() -> list[str]:
    before = set(sys.modules)
    importlib.import_module("micrograd_np")
    # Extension modules may put helpers into sys.modules that nobody imported: they have no spec.
    imported = {
        name.partition(".")[0]
        for name, module in sys.modules.items()
        if name not in before and getattr(module, "__spec__", None) is not None
    }
    return sorted(imported - OURS - sys.stdlib_module_names)


if __name__ == "__main__":
    foreign = foreign_imports()
    print(*foreign or ["nothing"])
    sys.exit(bool(foreign))
