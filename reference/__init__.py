"""The hand-written side: three backward passes written by hand, and the data they run on.

Everything here is plain NumPy. Nothing differentiates for you: each gradient is a statement with
its mathematics beside it. In the order in which one might read:

- `reference.linear`: a softmax classifier without a hidden layer; the whole idea in four lines.
- `reference.post`: one hidden ReLU layer; the eleven backward lines of the post, in its order.
- `reference.layers`: any number of layers, written as equations with the examples as columns.
- `reference.iris`, `reference.golden`: the 150 rows of iris; what R computes for the network.
- `reference.figures`: the figures that the post prints, and which of them can be reproduced.

"The post" is a question about a small network that R trains on iris, and its answers: what is the
mathematics behind each line of a backward pass that somebody wrote by hand?
"""
