"""The methods of `Tensor`, a file a chapter, each on the one before."""
