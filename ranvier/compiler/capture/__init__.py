"""Python code → Graph, with its state: what it reads and what it assigns.

Made from the nodes that user code left behind; eaten by `derive`. Promises a graph
whose inputs are holes, so that it holds no data, and a key equal for equal graphs. Look
at it with ``rv.explain(step, stage="capture")``.
"""
