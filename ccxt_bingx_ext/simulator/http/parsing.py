"""The parameters of a request, read from any of the three forms.

A client sends them in the URL, as a JSON object, or as a form-encoded body. All three become the same flat
mapping of texts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NoReturn
from urllib.parse import parse_qsl

from ..errors import invalid
from ..parameters import NumberText

Form = Literal["none", "query", "json", "form"]


@dataclass(frozen=True)
class Parsed:
    """The parameters of a request, and the form in which they came."""

    form: Form
    params: Mapping[str, str]

    @property
    def unsigned(self) -> dict[str, str]:
        return {key: value for key, value in self.params.items() if key != "signature"}


def parse(query: str, content_type: str, body: bytes) -> Parsed:
    """Read the parameters from the URL or the body. Raises `Refused` if they are malformed or ambiguous."""
    if not body:
        return Parsed("query" if query else "none", _pairs(_decode_form(query)))
    if query:
        raise invalid("parameters both in the URL and in the body")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "application/json":
        return Parsed("json", _decode_json(body))
    if media_type == "application/x-www-form-urlencoded":
        try:
            text = body.decode()
        except UnicodeDecodeError:
            raise invalid("the body is not UTF-8") from None
        return Parsed("form", _pairs(_decode_form(text)))
    raise invalid(f"unsupported content type {content_type!r}")


def _decode_form(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict")
    except ValueError:
        raise invalid("the parameters are not UTF-8") from None


def _pairs(pairs: Iterable[tuple[str, object]]) -> dict[str, str]:
    params: dict[str, str] = {}
    for key, value in pairs:
        if key in params:
            raise invalid(f"parameter {key!r} is given twice")
        if isinstance(value, bool):
            params[key] = "true" if value else "false"
        elif isinstance(value, str):
            params[key] = value
        else:
            raise invalid(f"parameter {key!r} is neither a string, a number nor a boolean")
    return params


def _decode_json(body: bytes) -> dict[str, str]:
    def refuse_constant(name: str) -> NoReturn:
        raise invalid(f"{name} is not JSON")

    try:
        # As pairs, so that a repeated key is noticed instead of overwritten.
        decoded = json.loads(
            body.decode(),
            parse_float=NumberText,
            parse_int=NumberText,
            parse_constant=refuse_constant,
            object_pairs_hook=tuple,
        )
    except (ValueError, RecursionError):
        raise invalid("the body is not JSON") from None
    if not isinstance(decoded, tuple):
        raise invalid("the body is not a JSON object")
    return _pairs(decoded)
