"""What the NumPy that is installed takes: the table is made for the newest, the oldest is 2.0."""

import numpy as np


def since(version):
    """Tell whether the NumPy that is installed is `version` or newer."""
    return np.lib.NumpyVersion(np.__version__) >= version


def options_since(version, **options):
    """Return what is drawn for options that NumPy takes since `version`: none if it is older."""
    return options if since(version) else {}
