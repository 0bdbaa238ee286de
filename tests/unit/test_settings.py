"""options["cancelOrders"]."""

from __future__ import annotations

from typing import Any

import pytest
from ccxt.base.errors import BadRequest

from ccxt_bingx_ext._settings import Settings, read_settings

DEFAULT = Settings(request_format="json", process=None, batch_size=50)


@pytest.mark.parametrize(
    "options", [{}, {"cancelOrders": None}, {"cancelOrders": {}}, {"cancelOrders": {"batchSize": None}}]
)
def test_everything_has_a_default(options: dict[str, Any]) -> None:
    """A bot that replaces the options, or part of them, loses no default."""
    assert read_settings(options) == DEFAULT


def test_what_is_given_counts() -> None:
    """Each setting is read under its public name."""
    options = {"cancelOrders": {"requestFormat": "query", "process": 1, "batchSize": 10}}
    assert read_settings(options) == Settings("query", 1, 10)


@pytest.mark.parametrize(
    ("name", "value"),
    [("requestFormat", "xml"), ("requestFormat", 1), ("batchSize", 0), ("batchSize", -1), ("batchSize", "50"),
     ("batchSize", 1.5), ("batchSize", True)],
)  # fmt: skip
def test_an_unusable_setting_is_named(name: str, value: Any) -> None:
    """A typing mistake in the options is told, not guessed around."""
    with pytest.raises(BadRequest, match=rf"options\['cancelOrders'\]\['{name}'\]"):
        read_settings({"cancelOrders": {name: value}})
