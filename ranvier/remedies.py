"""What to write instead of PyTorch's names that are not here.

A line names some of them, and says what to do; {} stands for the name.
"""

from __future__ import annotations


def table(text: str) -> dict[str, str]:
    """Name → what to write instead.

    >>> table("a b: use {}_; x\\nc: no")
    {'a': 'use a_; x', 'b': 'use b_; x', 'c': 'no'}
    """
    found = {}
    for line in text.strip().splitlines():
        names, _, remedy = line.partition(": ")
        found.update({name: remedy.replace("{}", name) for name in names.split()})
    return found


# ruff: noqa: E501  (the tables)
_BOTH = """
angle: numbers are real; rv.where(x < 0, rv.pi, 0.0)
as_strided as_strided_ as_strided_scatter: there are no strides; use x.unfold, x.reshape or x.permute
cholesky_inverse: use rv.linalg.inv(A)
cholesky_solve lu_solve: use rv.linalg.solve(A, B)
conj conj_physical resolve_conj resolve_neg: numbers are real; leave .{}() out
dequantize int_repr q_scale q_zero_point qscheme: there are no quantised tensors; use .float()
diagonal_scatter: y = x.clone(), then y.diagonal()[:] = values
eig: its results are complex; rv.linalg.eigh is for symmetric matrices
frexp: use np.frexp of x.numpy(), without a gradient
gcd lcm: use np.{} of x.numpy(), without a gradient
geqrf orgqr ormqr: use rv.linalg.qr(A)
histogram: use rv.histc, or np.histogram of x.numpy()
i0: use np.i0 of x.numpy(), without a gradient
igamma igammac: use scipy.special.gammainc of x.numpy(), without a gradient
imag: there are no complex numbers; keep real and imaginary part apart
istft stft: use scipy.signal.{} of x.numpy(), without a gradient
ldexp: write x * 2.0**exponent
lstsq: use rv.linalg.lstsq(A, B)
lu: use rv.linalg.solve(A, B)
matrix_exp: use scipy.linalg.expm of x.numpy(), without a gradient
narrow_copy: use .narrow(dim, start, length).clone()
nextafter: use np.nextafter of x.numpy(), without a gradient
nonzero_static: use .nonzero()
put: y = x.clone(), then y.view(-1)[index] = values
real: x is real; leave .real out
resize_as_ resize_ resize resize_as: make a new tensor, or use .reshape
select_scatter slice_scatter: y = x.clone(), then y[index] = values
smm spmm sspaddmm saddmm hspmm to_sparse to_sparse_coo to_sparse_csr to_sparse_csc: there are no sparse tensors; use a dense one, or index_add for rows
symeig: use rv.linalg.eigh(A)
triangular_solve: use rv.linalg.solve_triangular(A, B, upper=True)
unsafe_chunk unsafe_split unsafe_split_with_sizes: use the name without unsafe_
"""

PACKAGE = table(
    _BOTH
    + """
GradScaler amp autocast: Ranvier computes in float32 and float64; leave it out
Stream Event accelerator mps mtia xpu: Ranvier runs on the CPU only; leave it out
HalfTensor BFloat16Tensor: Ranvier computes in float32 and float64; use rv.FloatTensor
bfloat16 float16 half: Ranvier computes in float32 and float64
complex complex64 complex128 cfloat cdouble chalf complex32 polar view_as_complex view_as_real: there are no complex numbers; keep real and imaginary part apart
quantize_per_tensor quantize_per_channel quantization ao qint8 quint8 qint32: there are no quantised tensors; leave it out
uint16 uint32 uint64: use rv.int64
sparse sparse_coo_tensor sparse_csr_tensor sparse_csr sparse_coo: there are no sparse tensors; use a dense one, or index_add for rows
nested: use nn.utils.rnn.pack_sequence
are_deterministic_algorithms_enabled use_deterministic_algorithms: the same script gives the same bits anyhow; leave it out
get_float32_matmul_precision set_float32_matmul_precision: products are computed in full float32; leave it out
set_flush_denormal set_num_interop_threads get_num_interop_threads set_warn_always: leave it out
set_default_device get_default_device get_device cpu: there is one device, the CPU; leave it out
default_generator: use rv.manual_seed and rv.initial_seed, or an rv.Generator of one's own
thread_safe_generator: use an rv.Generator of one's own
channels_last channels_last_3d contiguous_format preserve_format memory_format: the compiler decides how arrays lie in memory; leave it out
layout strided: all tensors are dense; leave it out
Storage UntypedStorage TypedStorage FloatStorage storage is_storage: a tensor is a node of a graph, not a place in memory; use .numpy()
empty_strided empty_permuted: use rv.empty(size)
from_dlpack to_dlpack frombuffer from_file: use rv.from_numpy(array)
cond while_loop: use rv.where(condition, a, b), or a Python loop
export onnx: rv.save writes the weights
fx jit library package overrides futures fork wait: use rv.compile
profiler: use `ranvier explain FILE.py:step`, or Python's cProfile
hub: nothing is fetched; rv.load(file, into=model) reads weights
distributed: runs use the processors of one machine
multiprocessing: a run uses all processors by itself; rv.set_num_threads(n)
testing: use np.testing.assert_allclose(a.detach(), b.detach())
serialization: use rv.save and rv.load
is_inference_mode_enabled is_inference: use rv.is_grad_enabled()
is_anomaly_enabled set_anomaly_enabled: a compiled step names the first value that is not finite
fft signal: use np.{} or scipy.{} of x.numpy(), without a gradient
bartlett_window blackman_window hamming_window hann_window kaiser_window: use rv.from_numpy(scipy.signal.get_window(...))
binomial: add up draws of rv.bernoulli
index_put_: write x[indices] = values
poisson: use rv.distributions.Poisson(rate).sample()
fill: use rv.full_like(x, value)
range: use rv.arange(start, end + step, step)
gradient: use np.gradient of x.numpy(), without a gradient
histogramdd: use np.histogramdd of x.numpy(), without a gradient
unravel_index: use np.unravel_index of x.numpy()
matrix_rank: use rv.linalg.matrix_rank(A)
nuclear_norm frobenius_norm: use rv.linalg.matrix_norm(A)
norm_except_dim: use nn.utils.weight_norm
pca_lowrank svd_lowrank lobpcg: use rv.linalg.svd(A)
segment_reduce: use scatter_reduce
solve: use rv.linalg.solve(A, B)
typename: use x.type()
selu_ rrelu_ celu_ threshold_ batch_norm instance_norm embedding embedding_bag dropout_ ctc_loss kl_div cosine_embedding_loss hinge_embedding_loss margin_ranking_loss poisson_nll_loss triplet_margin_loss binary_cross_entropy_with_logits: use ranvier.nn.functional.{}
max_pool1d_with_indices: use F.max_pool1d(x, size, return_indices=True)
grid_sampler grid_sampler_2d grid_sampler_3d: use F.grid_sample
affine_grid_generator: use F.affine_grid
constant_pad_nd: use F.pad
gru lstm rnn_relu rnn_tanh gru_cell lstm_cell rnn_relu_cell rnn_tanh_cell: use nn.GRU, nn.LSTM, nn.RNN, or their cells
ModuleDict ParameterDict: use nn.{}
acos_ acosh_ addmv_ arccos_ arccosh_ arcsin_ arcsinh_ arctan_ arctanh_ asin_ asinh_ atan_ atanh_ clamp_max_ clamp_min_ clip_ cosh_ deg2rad_ erf_ erfc_ exp2_ expm1_ fix_ frac_ log10_ log1p_ log2_ logit_ nan_to_num_ negative_ rad2deg_ sinc_ sinh_ tan_ trunc_ xlogy_: call it as a method, x.{}()
"""
)
TENSOR = table(
    _BOTH
    + """
bfloat16 half: Ranvier computes in float32 and float64; use .float() or .double()
cuda xpu ipu mtia: Ranvier runs on the CPU only; leave .{}() out
is_mps is_xpu is_ipu is_meta is_quantized is_sparse is_sparse_csr is_nested is_pinned is_mkldnn: tensors are dense and on the CPU; leave .{} out
is_conj is_neg is_inference is_shared: leave .{}() out
cfloat cdouble chalf: there are no complex numbers; keep real and imaginary part apart
coalesce indices values sparse_dim dense_dim sparse_mask sparse_resize_: there are no sparse tensors; use a dense one, or index_add for rows
to_dense: x is dense; leave it out
to_mkldnn: leave it out
to_padded_tensor: use nn.utils.rnn.pad_packed_sequence
data_ptr storage storage_offset untyped_storage const_data_ptr storage_type: a tensor is a node of a graph, not a place in memory; use .numpy()
layout dim_order: the compiler decides how arrays lie in memory; leave it out
cauchy_ geometric_ log_normal_: use rv.distributions, x.copy_(d.sample(x.shape))
gcd_ lcm_ i0_ igamma_ igammac_ nextafter_ ldexp_ mvlgamma_ polygamma_: use x.copy_(…) of the name without the underscore
hardshrink prelu: use F.{}
map_ map2_: use apply_ with a function of one number, or rv.where
name: tensors have no names; use a dict
new: use x.new_empty(size) or x.new_tensor(data)
new_empty_strided: use x.new_empty(size)
output_nr grad_dtype module_load volatile reinforce as_subclass: leave it out
record_stream: leave it out
set_: a tensor is a node of a graph, not a place in memory; use x.data = y
share_memory_: processes get copies; pass x.detach().numpy()
solve: use rv.linalg.solve(A, B)
sum_to_size: use .sum(dims, keepdim=True)
"""
)
MODULE = table(
    """
bfloat16 half: Ranvier computes in float32 and float64; leave .{}() out
cuda xpu ipu mtia: Ranvier runs on the CPU only; leave .{}() out
compile: use rv.compile(model)
get_extra_state set_extra_state: register a buffer for what belongs in the state_dict
register_backward_hook: use register_full_backward_hook
register_load_state_dict_post_hook register_load_state_dict_pre_hook register_state_dict_pre_hook register_state_dict_post_hook: there are no hooks on a state_dict; change the dict itself
set_submodule: assign the module to its attribute, as in model.body.fc = layer
share_memory: parameters stay in this process; leave it out
to_empty: there is one device; use the module itself
"""
)
FUNCTIONAL = table(
    """
adaptive_max_pool1d_with_indices adaptive_max_pool2d_with_indices adaptive_max_pool3d_with_indices max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices: call the name without _with_indices, with return_indices=True
fractional_max_pool2d fractional_max_pool2d_with_indices: it is not built; use max_pool2d with a kernel_size and a stride
fractional_max_pool3d fractional_max_pool3d_with_indices: it is not built; use max_pool3d with a kernel_size and a stride
celu_ elu_ hardtanh_ leaky_relu_ relu_ rrelu_ selu_ threshold_: call the name without the underscore
conv_tbc: use F.conv1d of x.permute(1, 2, 0)
grad: use rv.grad, or rv.autograd.grad
grouped_mm scaled_mm scaled_grouped_mm: use rv.bmm
linear_cross_entropy: use F.cross_entropy(F.linear(x, weight), target)
multi_head_attention_forward: use nn.MultiheadAttention, or F.scaled_dot_product_attention
native_channel_shuffle: use F.channel_shuffle
"""
)
NN_UTILS = table(
    """
clip_grad_norm: use clip_grad_norm_
fuse_conv_bn_eval fuse_conv_bn_weights fuse_linear_bn_eval fuse_linear_bn_weights fusion: the compiler joins layers by itself; leave it out
convert_conv2d_weight_memory_format convert_conv3d_weight_memory_format memory_format: the compiler decides how arrays lie in memory; leave it out
prune: pruning is not built; multiply the weight by a mask in forward()
remove_spectral_norm: use nn.utils.parametrize.remove_parametrizations
skip_init: make the layer as usual; load_state_dict writes over it
spectral_norm: use nn.utils.parametrizations.spectral_norm
stateless: use rv.func.functional_call
"""
)
OPTIM = table(
    """
Adafactor: use optim.Adam, or optim.Lion, which keeps one array a parameter
Muon: use optim.AdamW, or optim.SGD with momentum
SparseAdam: gradients are dense here; use optim.Adam
"""
)
NN = table(
    """
AdaptiveLogSoftmaxWithLoss: it is not built; use nn.Linear and nn.CrossEntropyLoss
Container: use nn.Module
CrossMapLRN2d: use nn.LocalResponseNorm
FractionalMaxPool2d: it is not built; use nn.MaxPool2d with a kernel_size and a stride
FractionalMaxPool3d: it is not built; use nn.MaxPool3d with a kernel_size and a stride
LinearCrossEntropyLoss: use nn.Linear and nn.CrossEntropyLoss
NLLLoss2d: use nn.NLLLoss
RNNBase: use nn.RNN, nn.GRU or nn.LSTM
RNNCellBase: use nn.RNNCell, nn.GRUCell or nn.LSTMCell
SyncBatchNorm: there is one process; use nn.BatchNorm2d
DataParallel parallel: Ranvier runs on the CPU only; use the module itself, and rv.set_num_threads(n) for more threads
UninitializedParameter UninitializedBuffer: use the lazy layers, such as nn.LazyLinear
qat quantized quantizable intrinsic: there are no quantised tensors; leave it out
modules: the layers stand in ranvier.nn itself
grad: use rv.autograd.grad
"""
)
INIT = table(
    """
constant dirac eye kaiming_normal kaiming_uniform normal orthogonal sparse uniform xavier_normal xavier_uniform: use nn.init.{}_
"""
)
SPECIAL = table(
    """
i0 i0e i1 i1e erfcx log_ndtr zeta airy_ai gammainc gammaincc: use scipy.special.{} of x.numpy(), without a gradient
bessel_j0 bessel_j1 bessel_y0 bessel_y1 spherical_bessel_j0 modified_bessel_i0 modified_bessel_i1 modified_bessel_k0 modified_bessel_k1 scaled_modified_bessel_k0 scaled_modified_bessel_k1: use scipy.special of x.numpy(), without a gradient
chebyshev_polynomial_t chebyshev_polynomial_u chebyshev_polynomial_v chebyshev_polynomial_w hermite_polynomial_h hermite_polynomial_he laguerre_polynomial_l legendre_polynomial_p shifted_chebyshev_polynomial_t shifted_chebyshev_polynomial_u shifted_chebyshev_polynomial_v shifted_chebyshev_polynomial_w: write its recursion with tensors, or use np.polynomial
"""
)
UTILS_DATA = table(
    """
DistributedSampler distributed: there is one process; use rv.data.RandomSampler
IterDataPipe MapDataPipe DFIterDataPipe datapipes functional_datapipe: use rv.data.Dataset
dataset dataloader sampler graph: the classes stand in ranvier.utils.data itself
"""
)
RANDOM = table(
    """
get_rng_state set_rng_state: use rv.{}
fork_rng: state = rv.get_rng_state(), and rv.set_rng_state(state) afterwards
"""
)
