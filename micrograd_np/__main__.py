"""``python -m micrograd_np`` is the command ``micrograd-np``."""

import sys

from micrograd_np.cli import main

if __name__ == "__main__":
    sys.exit(main())
