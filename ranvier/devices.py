"""Where tensors are: on the CPU."""

from __future__ import annotations

from typing import Any

from ranvier.errors import DTypeError, UnsupportedError


class device(str):
    """A device; "cpu" is the only one. It is a text, so it equals its name.

    >>> device("cpu").type
    'cpu'
    """

    __slots__ = ()

    def __new__(cls, type: Any = "cpu", index: int | None = None) -> device:
        if not isinstance(type, str):
            raise DTypeError(f"device: {type!r}; expected a name such as 'cpu'.")
        if type not in ("cpu", "cpu:0"):
            raise UnsupportedError(f"device {type!r}: Ranvier runs on the CPU only.")
        return super().__new__(cls, "cpu")

    @property
    def type(self) -> str:
        """Always "cpu"."""
        return "cpu"

    @property
    def index(self) -> None:  # type: ignore[override]
        """None: there is one."""
        return None

    def __repr__(self) -> str:
        return "device(type='cpu')"

    def __enter__(self) -> device:
        return self

    def __exit__(self, *error: object) -> None:
        pass


CPU = device("cpu")


def check_device(value: Any) -> None:
    """Only "cpu" (or nothing) is a device here."""
    if value is not None:
        device(value)
