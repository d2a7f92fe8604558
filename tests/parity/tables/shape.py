"""Elements in other places: shapes, pieces, joining, indexing, writing."""

from parity.case import booleans, function, integers, normal, refuses, values

KNOWN = "its size is a value"


def cut(name, call, *draws, **options):
    return function(name, lambda torch, *xs: call(*xs), *draws, **options)


CASES = [
    cut("unflatten", lambda x: x.unflatten(1, (2, -1)), normal(2, 6)),
    cut("ravel", lambda x: x.t().ravel(), normal(2, 3)),
    cut("view_as", lambda x, y: x.view_as(y), normal(2, 3), normal(6)),
    cut("squeeze/several", lambda x: x.squeeze((0, 2)), normal(1, 2, 1)),
    cut(
        "movedim",
        lambda x: (x.movedim(0, -1), x.moveaxis((0, 1), (2, 0))),
        normal(2, 3, 4),
    ),
    cut("swapaxes", lambda x: (x.swapaxes(0, 1), x.swapdims(1, 2)), normal(2, 3, 4)),
    cut("mT", lambda x: x.mT, normal(2, 3, 4)),
    cut("adjoint", lambda x: x.adjoint(), normal(3, 4)),
    cut("expand", lambda x: x.expand(2, -1, 4), normal(3, 1)),
    cut("broadcast_to", lambda x: x.broadcast_to((2, 3)), normal(3)),
    cut("narrow", lambda x: (x.narrow(1, 1, 2), x.narrow(0, -2, 1)), normal(3, 4)),
    cut("select", lambda x: x.select(1, -1), normal(3, 4)),
    cut("unbind", lambda x: x.unbind(1), normal(3, 2)),
    cut("split/sizes", lambda x: x.split([1, 3], 1), normal(2, 4)),
    cut("split/uneven", lambda x: x.split(2), normal(5, 2)),
    cut("chunk", lambda x: x.chunk(3), normal(7)),
    cut("chunk/empty", lambda x: x.chunk(2), normal(0, 2)),
    cut(
        "tensor_split",
        lambda x: (x.tensor_split(3), x.tensor_split((1, 4))),
        normal(5, 2),
    ),
    function(
        "hsplit",
        lambda torch, x: (torch.hsplit(x, 2), torch.vsplit(x, 3)),
        normal(3, 4),
    ),
    function("dsplit", lambda torch, x: torch.dsplit(x, 2), normal(1, 2, 4)),
    cut("repeat", lambda x: (x.repeat(2, 1, 3), x.repeat(0, 1)), normal(2, 3)),
    function(
        "tile", lambda torch, x: (torch.tile(x, (2,)), x.tile(2, 1, 2)), normal(2, 3)
    ),
    cut(
        "repeat_interleave",
        lambda x: (x.repeat_interleave(2), x.repeat_interleave(3, 1)),
        normal(2, 3),
    ),
    cut(
        "repeat_interleave/each",
        lambda x, n: x.repeat_interleave(n, 0),
        normal(3, 2),
        values(1, 0, 2),
        native=KNOWN,
    ),
    cut("flip", lambda x: (x.flip(0), x.flip((0, 1))), normal(2, 3)),
    cut("fliplr", lambda x: (x.fliplr(), x.flipud()), normal(2, 3)),
    cut(
        "roll",
        lambda x: (x.roll(1), x.roll((1, -2), (0, 1)), x.roll(5, 0)),
        normal(3, 4),
    ),
    *(
        function(
            f"rot90/{k}",
            lambda torch, x, k=k: torch.rot90(x, k),
            normal(2, 3),
            native="0 and 1 are" if k > 1 else True,
        )
        for k in (-1, 0, 1, 2)
    ),
    cut(
        "diagonal",
        lambda x: (x.diagonal(), x.diagonal(1), x.diagonal(-1, 0, 2)),
        normal(3, 4, 5),
    ),
    cut("diagonal/outside", lambda x: x.diagonal(7), normal(3, 4)),
    function("diag", lambda torch, x: (torch.diag(x), torch.diag(x, -1)), normal(3, 4)),
    function(
        "diag/vector", lambda torch, x: (torch.diag(x), torch.diag(x, 2)), normal(3)
    ),
    function(
        "diag_embed",
        lambda torch, x: (torch.diag_embed(x, -1), torch.diag_embed(x, 0, 0, 2)),
        normal(2, 3),
    ),
    cut("diagflat", lambda x: x.diagflat(1), normal(2, 2)),
    cut("tril", lambda x: (x.tril(), x.tril(-1)), normal(2, 3, 4)),
    cut("triu", lambda x: (x.triu(1), x.triu(-2)), normal(4, 3)),
    cut("tril/integers", lambda x: x.tril(), integers(1, 9, 3, 3)),
    cut("unfold", lambda x: (x.unfold(0, 2, 1), x.unfold(-1, 3, 2)), normal(3, 7)),
    # joining
    function(
        "cat/types", lambda torch, a, b: torch.cat([a, b]), normal(2), integers(0, 3, 2)
    ),
    function(
        "concat",
        lambda torch, a, b: torch.concat([a, b], -1),
        normal(2, 1),
        normal(2, 3),
    ),
    function(
        "hstack",
        lambda torch, a, b: (torch.hstack([a, b]), torch.hstack([a[0], b[0]])),
        normal(2, 3),
        normal(2, 1),
    ),
    function(
        "vstack", lambda torch, a, b: torch.vstack([a, b]), normal(3), normal(2, 3)
    ),
    function("dstack", lambda torch, a, b: torch.dstack([a, b]), normal(3), normal(3)),
    function(
        "column_stack",
        lambda torch, a, b: torch.column_stack([a, b]),
        normal(3),
        normal(3, 2),
    ),
    function(
        "block_diag",
        lambda torch, a, b: torch.block_diag(a, b),
        normal(2, 3),
        normal(2),
    ),
    function(
        "meshgrid",
        lambda torch, a, b: (
            torch.meshgrid(a, b, indexing="ij"),
            torch.meshgrid(a, b, indexing="xy"),
        ),
        normal(2),
        normal(3),
    ),
    function(
        "cartesian_prod",
        lambda torch, a, b: torch.cartesian_prod(a, b),
        normal(2),
        normal(3),
    ),
    function(
        "combinations",
        lambda torch, a: (torch.combinations(a), torch.combinations(a, 2, True)),
        normal(4),
    ),
    function(
        "broadcast_tensors",
        lambda torch, a, b: torch.broadcast_tensors(a, b),
        normal(2, 1),
        normal(3),
    ),
    function(
        "atleast_2d",
        lambda torch, a: (torch.atleast_2d(a), torch.atleast_3d(a)),
        normal(3),
    ),
    # indexing
    cut("index/part slice", lambda x, i: x[i, 1:3], normal(3, 4, 5), values(0, 2, 0)),
    cut(
        "index/slice in front",
        lambda x, i: x[::2, :, i],
        normal(3, 4, 5),
        values(0, 2, 0),
    ),
    cut("index/apart", lambda x, i: x[i, :, i], normal(3, 4, 5), values(0, 2, -1)),
    cut("index/number and list", lambda x: x[0, :, [1, 2]], normal(3, 4, 5)),
    cut(
        "index/new dimension",
        lambda x, i: (x[i, None], x[None, :, i]),
        normal(3, 4),
        values(0, 2),
    ),
    cut("index/rows of rows", lambda x, i: x[i], normal(3, 4), values([0, 1], [2, -1])),
    cut("index/mask", lambda x, m: x[m], normal(3, 4), booleans(3, 4), native=KNOWN),
    cut(
        "index/mask of rows",
        lambda x, m: x[m, 1:],
        normal(3, 4),
        booleans(3),
        native=KNOWN,
    ),
    cut(
        "index/mask of columns",
        lambda x, m: x[:, m],
        normal(3, 4),
        booleans(4),
        native=KNOWN,
    ),
    cut(
        "index/mask and numbers",
        lambda x, m: x[m, 1],
        normal(3, 4),
        values(True, False, True),
        native=KNOWN,
    ),
    cut("index/empty", lambda x, i: x[i], normal(3, 4), integers(0, 3, 0)),
    cut("gather", lambda x, i: x.gather(1, i), normal(3, 4), integers(0, 4, 3, 2)),
    cut("take", lambda x, i: x.take(i), normal(3, 4), integers(0, 12, 2, 2)),
    cut(
        "take_along_dim",
        lambda x, i: x.take_along_dim(i, 1),
        normal(3, 4),
        integers(0, 4, 3, 1),
    ),
    cut(
        "index_select", lambda x, i: x.index_select(1, i), normal(3, 4), values(3, 0, 3)
    ),
    cut(
        "index_add",
        lambda x, i, y: x.index_add(0, i, y, alpha=2),
        normal(3, 4),
        values(2, 0, 2),
        normal(3, 4),
    ),
    cut(
        "index_copy",
        lambda x, i, y: x.index_copy(1, i, y),
        normal(3, 4),
        values(2, 0),
        normal(3, 2),
    ),
    cut(
        "index_fill", lambda x, i: x.index_fill(1, i, -1.0), normal(3, 4), values(2, 0)
    ),
    cut(
        "scatter",
        lambda x, i, y: x.scatter(1, i, y),
        normal(3, 4),
        values([0], [3], [1]),
        normal(3, 1),
    ),
    cut(
        "scatter/number",
        lambda x, i: x.scatter(0, i, 2.0),
        normal(3, 4),
        values([0, 1, 2, 0]),
    ),
    cut(
        "scatter_add",
        lambda x, i, y: x.scatter_add(1, i, y),
        normal(3, 4),
        integers(0, 4, 3, 4),
        normal(3, 4),
    ),
    cut("masked_fill", lambda x, m: x.masked_fill(m, 2.0), normal(3, 4), booleans(4)),
    cut(
        "masked_select",
        lambda x, m: x.masked_select(m),
        normal(3, 4),
        booleans(4),
        native=KNOWN,
    ),
    cut(
        "masked_scatter",
        lambda x, m, y: x.masked_scatter(m, y),
        normal(3, 4),
        booleans(3, 4),
        normal(12),
    ),
    cut(
        "where", lambda x, m, y: x.where(m, y), normal(3, 4), booleans(4), normal(3, 1)
    ),
    function(
        "where/alone",
        lambda torch, x: (torch.where(x), torch.nonzero(x), torch.argwhere(x)),
        integers(0, 2, 3, 3),
        native=KNOWN,
    ),
    function(
        "index_put",
        lambda torch, x, i, y: x.index_put((i,), y, accumulate=True),
        normal(4),
        values(0, 2, 0),
        normal(3),
    ),
    # writing
    function(
        "write/rows",
        lambda torch, x, i, y: written(x, i, y),
        normal(4, 3),
        values(2, 0, 3),
        normal(3, 3),
    ),
    function(
        "write/rows twice",
        lambda torch, x, i, y: written(x, i, y),
        normal(4, 3),
        values(2, 0, 2),
        normal(3, 3),
        gradient="PyTorch gives one to values that are written over",
    ),
    function(
        "write/part",
        lambda torch, x, i: written(x, (i, slice(1, 3)), 5.0),
        normal(4, 3),
        values(2, 0),
    ),
    function(
        "write/mask", lambda torch, x, m: written(x, m, 7.0), normal(4, 3), booleans(4)
    ),
    function(
        "write/places",
        lambda torch, x, m, y: written(x, m, y),
        normal(5),
        values(True, False, True, True, False),
        normal(3),
    ),
    function(
        "write/column",
        lambda torch, x, y: written(x, (slice(None), 1), y),
        normal(3, 4),
        normal(3),
    ),
    refuses("reshape/size", lambda torch, x: x.reshape(5), normal(2, 3)),
    refuses("reshape/two", lambda torch, x: x.reshape(-1, -1), normal(2, 3)),
    refuses("reshape/type", lambda torch, x: x.reshape(2.0, 3), normal(2, 3)),
    refuses("permute/dims", lambda torch, x: x.permute(0, 0), normal(2, 3)),
    refuses("expand/size", lambda torch, x: x.expand(4, 4), normal(2, 3)),
    refuses("expand/-1", lambda torch, x: x.expand(-1, 2, 3), normal(2, 3)),
    refuses("narrow/length", lambda torch, x: x.narrow(0, 1, 4), normal(3)),
    refuses("split/sum", lambda torch, x: x.split([1, 1]), normal(3)),
    refuses("chunk/none", lambda torch, x: x.chunk(0), normal(3)),
    refuses("repeat/few", lambda torch, x: x.repeat(2), normal(2, 3)),
    refuses("roll/dims", lambda torch, x: x.roll((1, 2), 0), normal(2, 3)),
    refuses("diagonal/vector", lambda torch, x: x.diagonal(), normal(3)),
    refuses("tril/vector", lambda torch, x: x.tril(), normal(3)),
    refuses("unfold/size", lambda torch, x: x.unfold(0, 4, 1), normal(3)),
    refuses("unflatten/product", lambda torch, x: x.unflatten(0, (2, 2)), normal(3)),
    refuses(
        "cat/shapes", lambda torch, x, y: torch.cat([x, y]), normal(3, 2), normal(3)
    ),
    refuses("cat/nothing", lambda torch: torch.cat([])),
    refuses(
        "stack/shapes", lambda torch, x, y: torch.stack([x, y]), normal(3), normal(2)
    ),
    refuses(
        "meshgrid/matrix",
        lambda torch, x: torch.meshgrid(x, indexing="ij"),
        normal(3, 2),
    ),
    refuses("index/range", lambda torch, x: x[5], normal(3)),
    refuses("index/tensor range", lambda torch, x, i: x[i], normal(3), values(3)),
    refuses("index/many", lambda torch, x: x[0, 0], normal(3)),
    refuses("index/float", lambda torch, x: x[x], normal(3)),
    refuses("index/mask shape", lambda torch, x, m: x[m], normal(3), booleans(4)),
    refuses("gather/type", lambda torch, x: x.gather(0, x), normal(3)),
    refuses("gather/range", lambda torch, x, i: x.gather(0, i), normal(3), values(4)),
    refuses(
        "index_add/shape",
        lambda torch, x, i, y: x.index_add(0, i, y),
        normal(3),
        values(1),
        normal(2),
    ),
    refuses(
        "index_copy/type",
        lambda torch, x, i: x.index_copy(0, i, i),
        normal(3),
        values(1),
    ),
    refuses(
        "masked_fill/value",
        lambda torch, x, m: x.masked_fill(m, x),
        normal(3),
        booleans(3),
    ),
    refuses("masked_select/type", lambda torch, x: x.masked_select(x), normal(3)),
    refuses(
        "masked_scatter/few",
        lambda torch, x, y: x.masked_scatter(x == x, y),
        normal(3),
        normal(2),
    ),
    refuses(
        "write/shape", lambda torch, x, y: written(x, slice(2), y), normal(4), normal(3)
    ),
]


def written(x, index, value):
    y = x.clone()
    y[index] = value
    return y
