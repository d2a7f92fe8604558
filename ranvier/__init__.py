"""Ranvier: neural networks whose whole training run is one native program.

Every public name stands in the table below and is loaded at its first use, so that
`import ranvier` and `ranvier --help` cost nothing. Type checkers and editors read
`__init__.pyi` instead; a test holds the two together.
"""

from ranvier import lazy as _lazy

# module: its public names; new=old where the package calls it otherwise
# fmt: off
_NAMES = {
    "": """
        autograd backends cuda data distributions errors func linalg metrics models nn
        optim special vision
    """,
    "accuracy": "get_strict_accuracy set_strict_accuracy",
    "compiler.compiled": "compile",
    "compiler.explain": "explain",
    "compiler.run.threads": "get_num_threads set_num_threads",
    "compiler.watch": "Watch",
    "constants": "e inf nan newaxis pi",
    "derivatives": "check_gradients grad hessian jvp value_and_grad",
    "devices": "device",
    "diagram": "draw_graph",
    "dtypes": """
        bool=bool_ can_cast double=float64 dtype=DType finfo float=float32 float32
        float64 get_default_dtype iinfo int=int32 int16 int32 int64 int8 long=int64
        promote_types result_type set_default_dtype short=int16 uint8
    """,
    "formats.safetensors": "load save",
    "func.rows": "vmap",
    "nn.ensemble": "Ensemble",
    "nn.functional": """
        adaptive_avg_pool1d adaptive_max_pool1d alpha_dropout avg_pool1d bilinear celu
        channel_shuffle conv1d conv2d conv3d conv_transpose1d conv_transpose2d
        conv_transpose3d cosine_similarity dropout feature_alpha_dropout group_norm
        hardshrink layer_norm max_pool1d max_pool2d max_pool3d pairwise_distance pdist
        pixel_shuffle pixel_unshuffle prelu rms_norm rrelu selu threshold
    """,
    "random": "Generator initial_seed manual_seed seed",
    "size": "Size",
    "tensor": "Tensor",
    "tensors.contraction": "chain_matmul einsum tensordot",
    "tensors.creation": """
        arange as_tensor asarray empty empty_like eye from_numpy full full_like linspace
        logspace ones ones_like scalar_tensor tensor tril_indices triu_indices vander
        zeros zeros_like
    """,
    "tensors.functions": """
        abs abs_ absolute acos acosh add addbmm addcdiv addcmul addmm addmv addr adjoint
        all allclose amax amin aminmax any arccos arccosh arcsin arcsinh arctan arctan2
        arctanh argmax argmin argsort argwhere asin asinh atan atan2 atanh baddbmm
        bernoulli bincount bitwise_and bitwise_left_shift bitwise_not bitwise_or
        bitwise_right_shift bitwise_xor bmm broadcast_to cdist ceil ceil_ cholesky chunk
        clamp clamp_ clamp_max clamp_min clip clone copysign corrcoef cos cos_ cosh
        count_nonzero cov cross cummax cummin cumprod cumsum cumulative_trapezoid
        deg2rad det detach detach_ diag diag_embed diagflat diagonal diff digamma dist
        div divide dot dsplit eq equal erf erfc erfinv exp exp2 exp_ expm1 fill_ fix
        flatten flip fliplr flipud float_power floor floor_ floor_divide fmax fmin fmod
        frac gather ge ger greater greater_equal gt heaviside histc hsplit hypot
        index_add index_copy index_fill index_put index_reduce index_select inner
        inverse is_complex is_floating_point is_nonzero is_same_size is_signed is_tensor
        isclose isfinite isinf isnan isneginf isposinf isreal kron kthvalue le lerp less
        less_equal lgamma log log10 log1p log2 log_ log_softmax logaddexp logaddexp2
        logcumsumexp logdet logical_and logical_not logical_or logical_xor logit
        logsumexp lt masked_fill masked_scatter masked_select matmul matrix_power max
        maximum mean median min minimum mm mode moveaxis movedim msort mul multinomial
        multiply mv mvlgamma nan_to_num nanmean nanmedian nanquantile nansum narrow ne
        neg neg_ negative nonzero norm not_equal numel outer permute pinverse polygamma
        positive pow probe prod qr quantile rad2deg ravel reciprocal reciprocal_ relu
        relu_ remainder renorm repeat_interleave reshape roll rot90 round round_ rsqrt
        rsqrt_ rsub scatter scatter_add scatter_reduce select sgn sigmoid sigmoid_ sign
        signbit sin sin_ sinc sinh slogdet softmax sort split split_with_sizes sqrt
        sqrt_ square square_ squeeze std std_mean sub subtract sum svd swapaxes swapdims
        t take take_along_dim tan tanh tanh_ tensor_split tile topk trace transpose
        trapezoid trapz tril triu true_divide trunc unbind unflatten unique
        unique_consecutive unsqueeze var var_mean vdot vsplit where xlogy zero_
    """,
    "tensors.joining": """
        atleast_1d atleast_2d atleast_3d block_diag broadcast_shapes broadcast_tensors
        cartesian_prod cat column_stack combinations concat concatenate dstack hstack
        meshgrid row_stack stack vstack
    """,
    "tensors.legacy": """
        BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor IntTensor LongTensor
        ShortTensor set_default_tensor_type
    """,
    "tensors.modes": """
        enable_grad inference_mode is_grad_enabled no_grad set_grad_enabled
    """,
    "tensors.printing": "set_printoptions",
    "tensors.sampling": """
        get_rng_state normal rand rand_like randint randint_like randn
        randn_like randperm set_rng_state
    """,
    "tensors.searching": "bucketize isin searchsorted",
    "train.compare": "compare",
    "train.evaluate": "evaluate",
    "train.fit": "fit",
    "train.lr_find": "lr_find",
    "train.search": "search",
    "train.space": "Range",
    "train.sweep": "sweep",
    "version": "__version__",
}
# fmt: on

_lazy.install(__name__, _NAMES)
