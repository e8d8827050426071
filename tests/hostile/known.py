"""What is right although the oracle says it is not, and why."""

KNOWN = {
    ("Tensor.__rmod__", 1): {"bytearray": "Python formats it: b'...' % anything"},
    ("Tensor.__array__", 1): dict.fromkeys(
        ("tensor of integers", "0-d leaf"), "it has a dtype, as np.dtype takes it"
    ),
    ("Tensor.astype", 1): dict.fromkeys(
        ("tensor of integers", "0-d leaf"), "it has a dtype, as np.dtype takes it"
    ),
    ("Tensor.astype", 4): {"*": "subok means nothing to a tensor, and is not looked at"},
    ("Tensor.dot", 1): dict.fromkeys(
        ("[]", "()", "[[], []]"), "of no numbers, of which NumPy takes the dtype from the other"
    ),
    ("Tensor.fill", 1): {"array-like": "a single number, which NumPy does not look for there"},
    ("Tensor.put", 1): dict.fromkeys(
        ("uint64", "rows of nothing"), "places, which NumPy casts by a narrower rule"
    ),
    ("Tensor.choose", 0): {"tensor of uint64": "places, which NumPy casts by a narrower rule"},
    ("Tensor.choose", 1): {
        "bytearray": "numbers of Python, as those in a list",
        "boasting": "a sequence of two",
        "record array": "a structured array is one of its subclass",
        "texts of any length": "texts of Python, as those in a list",
    },
    ("Tensor.compress", 1): dict.fromkeys(
        ("bytearray", "array.array"), "true and false, which NumPy casts by a narrower rule"
    ),
    ("mg.custom_vjp.__call__", 0): {"list of leaves": "a container, as the function takes it"},
    ("mg.defvjp", 0): dict.fromkeys(
        ("masked", "masked, with no mask"), "a rule of one's own is not asked for its type"
    ),
    ("nn.Module.load_state_dict", 1): {"list of leaves": "numbers, whose gradients no state has"},
}
"""By call and position: the names of inputs, and the reasons; "*" for every one."""
