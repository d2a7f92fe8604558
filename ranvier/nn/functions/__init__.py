"""Layers as functions, one file a kind, named as the file of the layers; users find all
of them in `ranvier.nn.functional`.
"""
