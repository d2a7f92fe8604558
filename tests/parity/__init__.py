"""What PyTorch gives, case by case, and whether Ranvier gives the same.

Each file of `tables/` is a list CASES of rows, written once for both libraries: `torch`
in a row is PyTorch when the references are made and Ranvier when they are compared.

    function("lerp", lambda torch, a, b: torch.lerp(a, b, 0.3), normal(3), normal(4, 3))
    layer("Linear/no bias", lambda nn: nn.Linear(5, 3, bias=False), normal(2, 5))
    refuses("mm/shapes", lambda torch, a, b: torch.mm(a, b), normal(2, 3), normal(2, 3))

A row's name is what it covers (`lerp`, `nn.Linear`), then "/" and what is special about
it. Its answers are the outputs, the gradients of a weighted sum of them by every
floating input and parameter, and the gradients of a weighted sum of those. `reference/`
keeps PyTorch's answers in float64, on inputs that float32 holds exactly; ours are
compared interpreted (float64 and float32) and native (float32).

After adding rows, in an environment with torch==2.13.0 (the tests need only the files):

    python tests/parity/make_references.py [TABLE ...]

Then, in the usual one, for the pages docs/*/coverage.md (needs every row to pass):

    python tests/parity/make_coverage.py

A table's TITLE is its heading there, in English and Chinese.
"""
