"""The response that a fault makes of the right one."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from .faults import Fault
from .http.responses import JSON_TYPE, Response, encode, html_page, refusal, success


def spoil(fault: Fault, response: Response) -> Response:
    """Return the response that the fault makes of the right one."""
    if fault.kind == "http":
        return _http(fault)
    if fault.kind == "busy":
        return refusal(fault.words)
    if fault.kind == "garbage":
        body = b"<html><body>checking your browser</body></html>" if fault.body is None else fault.body
        return Response(body, content_type="text/html; charset=utf-8")
    if fault.kind == "null_data":
        return success(None)
    if fault.kind == "canned":
        return Response(fault.body or b"", fault.status or 200, fault.content_type or JSON_TYPE)
    if fault.kind == "cut_off":
        part = response.body[: max(1, math.floor(len(response.body) * fault.keep))]
        return replace(
            response, body=part, declared_length=len(response.body) if fault.declare_whole else None
        )
    if fault.kind == "forget":
        return replace(response, body=_forget(fault, response.body))
    if fault.kind == "dribble":
        pause = 0.05 if fault.seconds is None else fault.seconds
        return replace(response, chunk=fault.chunk, pause=pause)
    return response


def _http(fault: Fault) -> Response:
    status = fault.status or 502
    if fault.body is None:
        response = html_page(status, HTTPStatus(status).phrase)
    else:
        content_type = fault.content_type or (JSON_TYPE if fault.body[:1] in (b"{", b"[") else "text/html")
        response = Response(fault.body, status=status, content_type=content_type)
    if fault.retry_after is None:
        return response
    return replace(response, headers={"Retry-After": str(fault.retry_after)})


def _forget(fault: Fault, body: bytes) -> bytes:
    response = json.loads(body)
    data = response.get("data")
    if not isinstance(data, dict):
        return body
    for key, entries in data.items():
        if isinstance(entries, list):
            data[key] = _remembered(fault, entries)
    return encode(response)


def _remembered(fault: Fault, entries: list[Any]) -> Iterable[Any]:
    if fault.ids:
        return [entry for entry in entries if not fault.ids & {str(value) for value in entry.values()}]
    return entries[: len(entries) - math.ceil(len(entries) * fault.fraction)]
