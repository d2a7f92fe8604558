"""LLVM: text in, a callable address out."""

from __future__ import annotations

import functools
import platform
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import llvmlite
import llvmlite.binding as llvm

from ranvier.compiler.fuse.target import (
    AVX2,
    AVX512,
    GENERIC,
    NEON,
    SSE2,
    Target,
)
from ranvier.errors import RanvierWarning


@functools.cache
def initialise() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


@functools.cache
def host() -> Target:
    """The widest target this processor runs."""
    machine = platform.machine().lower()
    if machine in ("aarch64", "arm64"):
        return NEON
    if machine not in ("x86_64", "amd64"):
        _say(f"processors of type {machine or 'unknown'} have not been tried")
        return GENERIC
    try:
        features = dict(llvm.get_host_cpu_features())
    except RuntimeError:
        features = {}
    if all(features.get(name) for name in ("avx512f", "avx512vl", "avx512dq")):
        return AVX512
    if features.get("avx2") and features.get("fma"):
        return AVX2
    _say("LLVM finds no AVX2 with FMA on this processor")
    return SSE2


def _say(what: str) -> None:
    """Once a process, since `host` looks once."""
    warnings.warn(
        f"{what}: programs use plain vectors of 4 numbers, which is slower.",
        RanvierWarning,
        stacklevel=3,
    )


GENERATOR = "1"  # another one for every change of the passes or the options below

FEATURES = {
    "avx512": "+avx512f,+avx512vl,+avx512dq,+avx512bw,+avx2,+fma",
    "avx2": "-avx512f,+avx2,+fma",
    "sse2": "-avx512f,-avx2,-avx,-fma,-f16c,-xop,-fma4,-sse4.2,-sse4.1,-sse4a,-ssse3,"
    "-sse3",
    "neon": "+neon",
    "generic": "",
}


class Processor(NamedTuple):
    """For what LLVM generates code: a platform, a processor, its extensions."""

    triple: str
    cpu: str
    features: str


@functools.cache
def processor(target: Target, triple: str = "", cpu: str = "") -> Processor:
    """This one; a plainer or another one where `target` or the arguments say so."""
    initialise()
    triple = triple or llvm.get_process_triple()
    if target.name != host().name or cpu or target in (GENERIC, SSE2):
        return Processor(triple, cpu, FEATURES[target.name])
    features = llvm.get_host_cpu_features().flatten() + ",-prefer-256-bit"
    return Processor(triple, llvm.get_host_cpu_name(), features)


def recipe(target: Target) -> tuple[str, ...]:
    """What object code depends on besides what it is made from."""
    return (GENERATOR, versions(), target.name, *processor(target))


@functools.cache
def machine(target: Target, triple: str = "", cpu: str = "") -> Any:
    """LLVM's description of the processor; with a triple, of another one."""
    kind = processor(target, triple, cpu)
    found = llvm.Target.from_triple(kind.triple)
    native = target.name == host().name and not cpu and not triple
    return found.create_target_machine(
        cpu=kind.cpu, features=kind.features, opt=2, jit=native
    )


def parse(text: str, target_machine: Any) -> Any:
    # A context of its own: the shared one keeps the constants of every module for good.
    module = llvm.parse_assembly(text, llvm.create_context())
    module.triple = target_machine.triple
    module.data_layout = str(target_machine.target_data)
    module.verify()
    return module


class Code:
    """Machine code in memory; freed when this object goes."""

    def __init__(self, image: bytes, target: Target, names: Sequence[str]) -> None:
        self._tracker = linked(image, target, names)
        self.addresses: list[int] = [self._tracker[name] for name in names]


def linked(image: bytes, target: Target, names: Sequence[str]) -> Any:
    """An object file in memory; stays there while the result is kept."""
    # One each: what a shared one keeps of a library is never freed.
    jit = llvm.create_lljit_compiler(machine(target), use_jit_link=False)
    builder = llvm.JITLibraryBuilder().add_object_img(image).add_current_process()
    for name in names:
        builder.export_symbol(name)
    return builder.link(jit, "ranvier")


def compiled(text: str, target: Target) -> bytes:
    """The object file of a module.

    No passes are run over the text first: they gain nothing that can be measured on
    explicit kernels (see "No passes" in docs/decisions.md).
    """
    target_machine = machine(target)
    module = parse(text, target_machine)
    image: bytes = target_machine.emit_object(module)
    return image


def assembly(text: str, target: Target, triple: str = "", cpu: str = "") -> str:
    """The assembly, for people and for tests on other processors."""
    target_machine = machine(target, triple, cpu)
    module = parse(text, target_machine)
    return str(target_machine.emit_assembly(module))


def versions() -> str:
    llvm_version = ".".join(map(str, llvm.llvm_version_info))
    return f"llvmlite {llvmlite.__version__}, LLVM {llvm_version}"
