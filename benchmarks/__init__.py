"""Ranvier side by side with PyTorch, JAX, scikit-learn and NumPy."""
