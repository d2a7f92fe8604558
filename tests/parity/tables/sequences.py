"""Sequences of different lengths: padding, packing, recurrent layers over them."""

from importlib import import_module

from parity.case import ELSEWHERE, Case, function, normal, refuses

TITLE = ("Sequences of different lengths", "长度不同的序列")

UNSORTED, SORTED = [2, 4, 1], [4, 2, 2]


def rnn_of(torch):
    return import_module(f"{torch.__name__}.nn.utils.rnn")


class OverPacked:
    """A recurrent layer that is given padded sequences, and gives padded ones."""

    def __init__(self, torch, layer, lengths, **options):
        self.torch, self.layer, self.lengths = torch, layer, lengths
        self.options = options
        self.state_dict = layer.state_dict
        self.load_state_dict = layer.load_state_dict
        self.parameters = layer.parameters
        self.buffers = layer.buffers

    def to(self, dtype):
        self.layer.to(dtype)
        return self

    def __call__(self, x, *state):
        utils, first = rnn_of(self.torch), self.layer.batch_first
        packed = utils.pack_padded_sequence(
            x, self.lengths, batch_first=first, **self.options
        )
        hx = None if not state else state[0] if len(state) == 1 else state
        out, last = self.layer(packed, hx)
        padded, lengths = utils.pad_packed_sequence(out, batch_first=first)
        return padded, last, lengths, out.data


def over(name, kind, lengths, *draws, options=None, native=True, **arguments):
    bounds = arguments.pop("bounds", None)

    def make(torch):
        layer = getattr(torch.nn, kind)(3, 2, **arguments)
        return OverPacked(torch, layer, lengths, **(options or {}))

    draws = draws or (normal(4, 3, 3),)
    return Case(f"nn.{kind}/packed, {name}", make, draws, native=native, bounds=bounds)


SUMS = "its second derivatives are sums of terms up to 40"
ANY_ORDER = {"enforce_sorted": False}
LAYERS = [
    over("sorted", "RNN", SORTED, bounds=(1.3e-6, 5e-5, SUMS)),
    over("not sorted", "RNN", UNSORTED, options=ANY_ORDER, nonlinearity="relu"),
    over("sorted", "GRU", SORTED, native=ELSEWHERE),
    over(
        "both directions, with a state",
        "GRU",
        UNSORTED,
        normal(4, 3, 3),
        normal(4, 3, 2),
        options=ANY_ORDER,
        num_layers=2,
        bidirectional=True,
    ),
    over("sorted", "LSTM", SORTED, native=ELSEWHERE),
    over(
        "batch first, two layers, with a state",
        "LSTM",
        UNSORTED,
        normal(3, 5, 3),
        normal(2, 3, 2),
        normal(2, 3, 2),
        options=ANY_ORDER,
        num_layers=2,
        batch_first=True,
    ),
    over(
        "both directions, projected",
        "LSTM",
        SORTED,
        proj_size=1,
        bidirectional=True,
        native=ELSEWHERE,
    ),
]


def packing(name, call, *draws, **options):
    return function(
        f"nn.utils.rnn.{name}",
        lambda torch, *xs: call(rnn_of(torch), *xs),
        *draws,
        **options,
    )


def refused(name, call, *draws):
    return refuses(
        f"nn.utils.rnn.{name}", lambda torch, *xs: call(rnn_of(torch), *xs), *draws
    )


PACKING = [
    packing(
        "pack_padded_sequence",
        lambda u, x: tuple(u.pack_padded_sequence(x, SORTED))[:2],
        normal(4, 3, 2),
    ),
    packing(
        "pack_padded_sequence/not sorted",
        lambda u, x: tuple(
            u.pack_padded_sequence(x, UNSORTED, batch_first=True, enforce_sorted=False)
        ),
        normal(3, 5, 2),
    ),
    packing(
        "pad_packed_sequence",
        lambda u, x: u.pad_packed_sequence(
            u.pack_padded_sequence(x, UNSORTED, enforce_sorted=False),
            padding_value=-2.0,
            total_length=6,
        ),
        normal(4, 3, 2),
    ),
    packing(
        "pad_packed_sequence/batch first, numbers",
        lambda u, x: u.pad_packed_sequence(
            u.pack_padded_sequence(x, SORTED, batch_first=True), batch_first=True
        ),
        normal(3, 4),
        native=ELSEWHERE,
    ),
    packing(
        "pack_sequence",
        lambda u, *xs: tuple(u.pack_sequence(list(xs), enforce_sorted=False)),
        normal(2, 3),
        normal(4, 3),
        normal(1, 3),
    ),
    packing(
        "unpack_sequence",
        lambda u, *xs: u.unpack_sequence(u.pack_sequence(list(xs), False)),
        normal(2, 3),
        normal(4, 3),
        native=ELSEWHERE,
    ),
    packing(
        "pad_sequence",
        lambda u, *xs: u.pad_sequence(list(xs), batch_first=True, padding_value=3.0),
        normal(2, 3),
        normal(4, 3),
        native=ELSEWHERE,
    ),
    refused(
        "pack_padded_sequence/not sorted, enforced",
        lambda u, x: u.pack_padded_sequence(x, UNSORTED),
        normal(4, 3, 2),
    ),
    refused(
        "pack_padded_sequence/length 0",
        lambda u, x: u.pack_padded_sequence(x, [4, 2, 0]),
        normal(4, 3, 2),
    ),
    refused(
        "pack_padded_sequence/too long",
        lambda u, x: u.pack_padded_sequence(x, [5, 2, 1]),
        normal(4, 3, 2),
    ),
    refused(
        "pack_padded_sequence/number of lengths",
        lambda u, x: u.pack_padded_sequence(x, [4, 2]),
        normal(4, 3, 2),
    ),
    refused(
        "pad_packed_sequence/total_length",
        lambda u, x: u.pad_packed_sequence(
            u.pack_padded_sequence(x, SORTED), total_length=3
        ),
        normal(4, 3, 2),
    ),
    refuses(
        "nn.LSTM/packed, another width",
        lambda torch, x: torch.nn.LSTM(4, 2)(
            rnn_of(torch).pack_padded_sequence(x, SORTED)
        ),
        normal(4, 3, 3),
    ),
]

CASES = [*PACKING, *LAYERS]
