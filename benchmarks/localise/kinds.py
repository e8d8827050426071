"""The kinds of mistake in a backward pass."""

KINDS = (
    "scale",  # by a constant factor: N, 1/N, 2, a forgotten mean
    "sign",
    "missing regularisation",
    "double regularisation",
    "missing mask",
    "inverted mask",
    "wrong mask",
    "transposed",
    "not summed",  # over an axis along which the forward pass has broadcast
    "wrong axis",
    "mean for sum",
    "shape",  # the right numbers in an array of another shape: keepdims, reshape
    "= for +=",  # or for -= or *=: what was there is lost
    "wrong quantity",  # the adjoint of another value, or another array
    "wrong derivative",  # the formula of the local derivative
    "wrong index",
    "missing term",
    "extra term",
    "aliasing",  # an array of the forward pass, or another gradient, is written into
    "loss",  # the backward pass is right, but for another loss
)
