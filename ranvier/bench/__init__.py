"""Ranvier side by side with PyTorch, JAX, scikit-learn and NumPy: ten training jobs.

Made from the table in `workloads.py`; `ranvier bench` prints what `measure.py` finds. A
rival runs in a process of its own, perhaps under a Python that has no Ranvier: this
folder is then a package by itself, so its modules import each other relatively, and
only `ours.py`, `peaks.py` and `measure.py` know Ranvier.
"""
