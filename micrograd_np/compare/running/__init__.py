"""Running both sides: the user's functions line by line, and the forward pass on tensors."""
