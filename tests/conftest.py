"""The compile cache of the tests: a folder of their own, never the user's."""

import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    before = os.environ.get("RANVIER_CACHE")
    os.environ["RANVIER_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    os.environ.pop("RANVIER_CACHE")
    if before is not None:
        os.environ["RANVIER_CACHE"] = before
