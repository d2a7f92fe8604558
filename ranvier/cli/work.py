"""What `ranvier train` does once its options are read."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from ranvier.cli.folder import new_folder
from ranvier.cli.job import Job
from ranvier.cli.material import (
    NAMED,
    TABLE,
    Material,
    kind_of,
    open_material,
    refuse_foreign,
)
from ranvier.cli.optimizers import check_decay
from ranvier.cli.repetition import new_repetition
from ranvier.cli.screen import Screen
from ranvier.cli.settings import Settings, complete, usual_for
from ranvier.compiler.run.threads import get_num_threads, set_num_threads
from ranvier.data.catalog import CATALOG
from ranvier.data.reading import stem
from ranvier.errors import UnknownNameError, ValueRangeError
from ranvier.train.architecture import CNN, check_ends, check_pictures


def work(
    given: dict[str, Any],
    out: Path | None,
    screen: Screen,
    lang: str,
    threads: int | None,
    seeds: int | None,
    overwrite: bool,
) -> str:
    """Train, test, report; why it stopped."""
    if threads is not None:
        set_num_threads(threads)
    get_num_threads()  # refuses a RANVIER_THREADS that is no number
    settings, material = prepared(given)
    folder = new_folder(stem(settings.data)) if out is None else out
    if seeds is None:
        options: dict[str, Any] = {"overwrite": overwrite, "material": material}
        return Job(settings, folder, screen, lang, **options).run()
    job = new_repetition(settings, seeds, folder, screen, lang, overwrite=overwrite)
    return job.run()


def prepared(given: dict[str, Any]) -> tuple[Settings, Material | None]:
    """Complete settings; data of the user's own has to be read for them."""
    kind = kind_of(given["data"])
    try:
        refuse_foreign(kind, given)
    except ValueRangeError as error:
        raise click.UsageError(str(error)) from None
    if kind == NAMED:
        settings = completed(given)
        source = CATALOG[settings.data]
        ends = math.prod(source.shape), len(source.classes)
        check_model(settings, ends, source.shape)
        return settings, None
    try:
        material = open_material(given)
    except (UnknownNameError, ValueRangeError) as error:
        raise click.UsageError(str(error)) from None
    rows = len(material.parts["training set"])
    is_table = material.kind == TABLE
    usual = usual_for(rows, material.ends, is_table=is_table)
    settings = completed(given, usual)
    shape = material.parts["training set"].image_shape
    check_model(settings, material.ends, shape)
    return settings, material


def completed(given: dict[str, Any], usual: dict[str, Any] | None = None) -> Settings:
    """Settings that the optimizer can follow."""
    settings = complete(given, usual)
    try:
        check_decay(settings)
    except ValueRangeError as error:
        raise click.BadParameter(str(error), param_hint="--weight-decay") from None
    return settings


def check_model(
    settings: Settings, ends: tuple[int, int], shape: tuple[int, ...] | None
) -> None:
    """The model's ends are those of the data, or there are pictures."""
    try:
        if settings.model == CNN:
            check_pictures(shape, settings.data)
            return
        check_ends(settings.model, *ends, settings.data)
    except ValueRangeError as error:
        raise click.BadParameter(str(error), param_hint="--model") from None
