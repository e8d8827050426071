"""Every property of the equivalence suite, in the order in which the evidence is told."""

from micrograd_np.testing.operations.properties import OPERATIONS
from micrograd_np.testing.programs.properties import RANDOM_PROGRAMS
from micrograd_np.testing.property import Property
from micrograd_np.testing.systems.layers import LAYERS
from micrograd_np.testing.systems.networks import NETWORKS
from micrograd_np.testing.systems.training import TRAININGS

PROPERTIES: tuple[Property, ...] = (
    *(system.property() for system in (*NETWORKS, *LAYERS)),
    *(training.property() for training in TRAININGS),
    RANDOM_PROGRAMS,
    *OPERATIONS,
)
