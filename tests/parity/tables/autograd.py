"""Derivatives of functions, functions with a gradient of their own, hooks, and modules
called with other parameters.
"""

from parity.case import ELSEWHERE, Case, function, normal, refuses, uniform

TITLE = ("Derivatives, hooks and functions of functions", "导数、钩子与函数的函数")

THIRD = "a third derivative"
NOT_THERE = "the row gives numbers"


def two(a, b):
    return a * b.sin(), (a.sum() * b).exp()


def one(a, b):
    return (a * a * b).sum() + (a * b).sin().sum()


def functional(name, call, *draws, **options):
    return function(
        f"autograd.functional.{name}",
        lambda torch, *xs: call(torch.autograd.functional, *xs),
        *draws,
        **options,
    )


PAIR = normal(3), normal(3)
JACOBIANS = [
    functional(
        "jacobian", lambda f, a, b: f.jacobian(two, (a, b), create_graph=True), *PAIR
    ),
    functional(
        "jacobian/of matrices",
        lambda f, x: f.jacobian(lambda x: x @ x.t(), x, create_graph=True),
        normal(2, 3),
        native=ELSEWHERE,
    ),
    functional(
        "jacobian/unused",
        lambda f, a, b: f.jacobian(lambda a, b: a * 2, (a, b)),
        *PAIR,
        gradient=NOT_THERE,
        native=ELSEWHERE,
    ),
    functional(
        "hessian",
        lambda f, a, b: f.hessian(one, (a, b), create_graph=True),
        *PAIR,
        second=ELSEWHERE,
    ),
    functional(
        "vjp",
        lambda f, a, b, v, w: f.vjp(two, (a, b), (v, w), create_graph=True),
        *PAIR,
        *PAIR,
    ),
    functional(
        "vjp/one number",
        lambda f, a: f.vjp(lambda a: (a**3).sum(), a, create_graph=True),
        normal(4),
        native=ELSEWHERE,
    ),
    functional(
        "jvp",
        lambda f, a, b, v, w: f.jvp(two, (a, b), (v, w), create_graph=True),
        *PAIR,
        *PAIR,
    ),
    functional(
        "hvp",
        lambda f, a, b, v, w: f.hvp(one, (a, b), (v, w), create_graph=True),
        *PAIR,
        *PAIR,
    ),
    functional(
        "vhp",
        lambda f, a, v: f.vhp(lambda a: (a**4).sum(), a, v, create_graph=True),
        *PAIR,
    ),
    refuses(
        "autograd.functional.jacobian/strict",
        lambda torch, a, b: torch.autograd.functional.jacobian(
            lambda a, b: a * 2, (a, b), strict=True
        ),
        *PAIR,
    ),
    refuses(
        "autograd.functional.vjp/no v",
        lambda torch, a: torch.autograd.functional.vjp(lambda a: a * 2, a),
        normal(3),
    ),
    refuses(
        "autograd.functional.jvp/another v",
        lambda torch, a, v: torch.autograd.functional.jvp(lambda a: a * 2, a, v),
        normal(3),
        normal(4),
    ),
    refuses(
        "autograd.functional.hessian/no number",
        lambda torch, a: torch.autograd.functional.hessian(lambda a: a * 2, a),
        normal(3),
    ),
]

FUNC = [
    function(
        "func.jacrev",
        lambda torch, a, b: torch.func.jacrev(two, argnums=(0, 1))(a, b),
        *PAIR,
    ),
    function(
        "func.jacfwd",
        lambda torch, a, b: torch.func.jacfwd(two, argnums=1)(a, b),
        *PAIR,
        second=THIRD,
    ),
    function(
        "func.hessian",
        lambda torch, x: torch.func.hessian(lambda x: x**3 * x.sum())(x),
        normal(3),
        native=ELSEWHERE,
        second=THIRD,
    ),
    function(
        "func.vjp",
        lambda torch, a, b, v, w: torch.func.vjp(two, a, b)[1]((v, w)),
        *PAIR,
        *PAIR,
    ),
    function(
        "func.grad_and_value",
        lambda torch, a, b: torch.func.grad_and_value(one, argnums=(1, 0))(a, b),
        *PAIR,
    ),
    function(
        "func.vmap",
        lambda torch, a, b: torch.func.vmap(
            lambda x, y: (x @ y, x.sum() * y), in_dims=(0, 1), out_dims=(0, 1)
        )(a, b),
        normal(4, 3),
        normal(3, 4),
    ),
    function(
        "func.vmap/gradients of samples",
        lambda torch, w, x: torch.func.vmap(
            torch.func.grad(lambda w, x: (w @ x).tanh().sum()), in_dims=(None, 0)
        )(w, x),
        normal(2, 3),
        normal(4, 3),
    ),
    function(
        "func.vmap/trees",
        lambda torch, a, b: torch.func.vmap(
            lambda d, k: {"y": d["a"] * k, "z": d["b"].sum()}, in_dims=(0, None)
        )({"a": a, "b": b}, 3.0),
        normal(2, 3),
        normal(2, 2),
        native=ELSEWHERE,
    ),
    refuses(
        "func.vmap/sizes",
        lambda torch, a, b: torch.func.vmap(lambda a, b: a + b)(a, b),
        normal(2),
        normal(3),
    ),
    refuses(
        "func.vmap/dimension",
        lambda torch, a: torch.func.vmap(lambda a: a + 1, in_dims=1)(a),
        normal(2),
    ),
    refuses(
        "func.vmap/no tensor",
        lambda torch, a: torch.func.vmap(lambda a: 3)(a),
        normal(2),
    ),
    refuses(
        "func.vmap/random",
        lambda torch, a: torch.func.vmap(lambda a: a + torch.rand(()))(a),
        normal(2),
    ),
]


def network(torch):
    nn = torch.nn
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


def functional_network(torch, model):
    return lambda w, b, v, c, x: torch.func.functional_call(
        model,
        ({"0.weight": w, "0.bias": b}, {"2.weight": v, "2.bias": c}),
        (x,),
        strict=True,
    )


MODULES = [
    Case(
        "func.functional_call",
        lambda torch: functional_network(torch, network(torch)),
        (normal(4, 3), normal(4), normal(2, 4), normal(2), normal(5, 3)),
    ),
    function(
        "func.functional_call/batch norm in eval mode",
        lambda torch, mean, var, x: torch.func.functional_call(
            torch.nn.BatchNorm1d(3).eval(),
            {
                "running_mean": mean.detach(),
                "running_var": var.detach(),
                "weight": torch.ones_like(mean),
                "bias": torch.zeros_like(mean),
            },
            x,
        ),
        normal(3),
        uniform(0.5, 1.5, 3),
        normal(5, 3),
        native=ELSEWHERE,
    ),
    function(
        "func.functional_call/tied",
        lambda torch, w, x: torch.func.functional_call(
            tied(torch.nn), {"0.weight": w}, x
        ),
        normal(3, 3),
        normal(5, 3),
        native=ELSEWHERE,
    ),
    refuses(
        "func.functional_call/strict",
        lambda torch, w, b, x: torch.func.functional_call(
            network(torch), {"0.weight": w, "0.bias": b}, x, strict=True
        ),
        normal(4, 3),
        normal(4),
        normal(5, 3),
    ),
    refuses(
        "func.functional_call/twice",
        lambda torch, w, x: torch.func.functional_call(
            network(torch), ({"0.weight": w}, {"0.weight": w}), x
        ),
        normal(4, 3),
        normal(5, 3),
    ),
]


def tied(nn):
    layers = nn.Sequential(
        nn.Linear(3, 3, bias=False), nn.Tanh(), nn.Linear(3, 3, bias=False)
    )
    layers[2].weight = layers[0].weight
    return layers


# ---- functions with a gradient of their own ------------------------------------------


def exponential(torch):
    class Exponential(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, gradient):
            (y,) = ctx.saved_tensors
            return gradient * y

    return Exponential.apply


def two_results(torch):
    class Two(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a, b, factor):
            ctx.save_for_backward(a, b)
            ctx.factor = factor
            index = a.argmax()
            ctx.mark_non_differentiable(index)
            return a * b * factor, index, (a + b).sum()

        @staticmethod
        def backward(ctx, first, index, second):
            a, b = ctx.saved_tensors
            return (
                first * b * ctx.factor + second,
                first.clamp(-2, 2) * a * ctx.factor + second**2,
                None,
            )

    return Two.apply


def set_up_apart(torch):
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(x, scale):
            return scale * x**3

        @staticmethod
        def setup_context(ctx, inputs, output):
            x, ctx.scale = inputs
            ctx.save_for_backward(x)

        @staticmethod
        def backward(ctx, gradient):
            (x,) = ctx.saved_tensors
            assert ctx.needs_input_grad == (True, False)
            return gradient * ctx.scale * 3 * x**2, None

    return Cube.apply


def straight_through(torch):
    class Sign(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.sign(x)

        @staticmethod
        def backward(ctx, gradient):
            (x,) = ctx.saved_tensors
            return gradient * (x.abs() <= 1)

    return Sign.apply


def wrong(torch, give):
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            return x * y

        @staticmethod
        def backward(ctx, gradient):
            return give(gradient)

    return Wrong.apply


FUNCTIONS = [
    function(
        "autograd.Function",
        lambda torch, x: exponential(torch)(x * 2) * x,
        normal(2, 3),
    ),
    function(
        "autograd.Function/several results",
        lambda torch, a, b: two_results(torch)(a, b, 2.0),
        *PAIR,
    ),
    function(
        "autograd.Function/setup_context",
        lambda torch, x: set_up_apart(torch)(x, 0.5),
        normal(4),
    ),
    function(
        "autograd.Function/straight through",
        lambda torch, x: straight_through(torch)(x) * x,
        uniform(-2, 2, 6),
        native=ELSEWHERE,
    ),
    function(
        "autograd.Function/twice",
        lambda torch, x: exponential(torch)(exponential(torch)(x)),
        uniform(-1, 1, 3),
        native=ELSEWHERE,
    ),
    refuses(
        "autograd.Function/too few gradients",
        lambda torch, a, b: wrong(torch, lambda g: g)(a, b).sum(),
        *PAIR,
    ),
    refuses(
        "autograd.Function/shape",
        lambda torch, a, b: wrong(torch, lambda g: (g[:2], g))(a, b).sum(),
        *PAIR,
    ),
    refuses(
        "autograd.Function/made",
        lambda torch, a: exponential(torch).__self__()(a),
        normal(3),
    ),
]


# ---- hooks ---------------------------------------------------------------------------


def hooked(torch, x):
    h = x * 3
    h.register_hook(lambda gradient: gradient.clamp(-1, 1) * 2)
    h.register_hook(lambda gradient: gradient + 1)
    x.register_hook(lambda gradient: gradient * 0.5)
    return (h * h).sum() + h.sin()


def watched(torch):
    layer = torch.nn.Bilinear(3, 3, 1, bias=False)
    layer.register_full_backward_hook(
        lambda module, inside, outside: (inside[0] * outside[0].sum(), inside[1] + 1)
    )
    layer.register_full_backward_pre_hook(
        lambda module, outside: tuple(g * 2 for g in outside)
    )
    call = torch.func.functional_call
    return lambda x, w, v: call(layer, {"weight": v}, (x * w, w.tanh())) + x.sum()


def retained(torch, x):
    x = x.detach().requires_grad_()
    h = x * 3
    h.retain_grad()
    (h**2).sum().backward()
    return h.grad * 1, x.grad * 1


ONCE = "in a second derivative hooks of computed tensors are refused"
HOOKS = [
    function("Tensor.register_hook", hooked, normal(2, 3), second=ONCE),
    function(
        "Tensor.register_hook/leaf only",
        lambda torch, x: (x.register_hook(lambda g: g * 2), x**3)[1],
        normal(4),
        native=ELSEWHERE,
        second="hooks run in both",
    ),
    function("Tensor.retain_grad", retained, normal(3), gradient=NOT_THERE),
    Case(
        "nn.Module.register_full_backward_hook",
        watched,
        (normal(4, 3), normal(4, 3), normal(1, 3, 3)),
        second=ONCE,
    ),
    refuses(
        "Tensor.register_hook/no gradient",
        lambda torch, x: x.detach().register_hook(print),
        normal(2),
    ),
    refuses(
        "Tensor.retain_grad/no gradient",
        lambda torch, x: x.detach().retain_grad(),
        normal(2),
    ),
]

CASES = [*JACOBIANS, *FUNC, *MODULES, *FUNCTIONS, *HOOKS]
