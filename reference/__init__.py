"""The hand-written side: backward passes written by hand, and the data they run on.

Everything here is plain NumPy. Nothing differentiates for you: each gradient is a statement with
its mathematics beside it.

Three whole networks, from the input to the loss. In the order in which one might read:

- `reference.linear`: a softmax classifier without a hidden layer; the whole idea in four lines.
- `reference.post`: one hidden ReLU layer; the eleven backward lines of the post, in its order.
- `reference.layers`: any number of layers, written as equations with the examples as columns.

The layers that other networks are made of, each with the derivation of its backward pass. All of
them have a `forward` that returns every value by its name, and a `backward` that is given the
gradient of the output and returns the others by names such as ``"dx"``:

- `reference.cross_entropy`: the loss of a classifier, from its logits.
- `reference.batch_norm`: the columns of a batch brought to mean 0 and variance 1, step by step.
- `reference.layer_norm`: the same for each example, in one formula.
- `reference.rnn_step`, `reference.rnn`: one step of a recurrent network, and backpropagation
  through time, which is many of them.
- `reference.convolution`: a kernel that slides over images, with stride and padding.
- `reference.attention`: queries, keys and values, with or without a causal mask.

And what they run on:

- `reference.iris`, `reference.golden`: the 150 rows of iris; what R computes for the network.
- `reference.figures`: the figures that the post prints, and which of them can be reproduced.

"The post" is a question about a small network that R trains on iris, and its answers: what is the
mathematics behind each line of a backward pass that somebody wrote by hand?
"""
