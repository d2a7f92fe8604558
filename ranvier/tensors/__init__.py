"""What tensors can do: be made, indexed, joined, sampled, printed.

The methods stand in `methods`, a file a chapter. Everything here adds nodes to a graph,
by rows of `ranvier.ops`; nothing computes. `ranvier.tensor` puts the methods together
to `Tensor`, the package shows the functions as `rv.…`.
"""
