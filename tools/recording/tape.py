"""The format of the cassettes: the parts that vcrpy matches, and the parts that it masks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import vcr
import yaml

CASSETTES = Path(__file__).parents[2] / "cassettes"
HOST = "https://open-api.bingx.com"
MASK = "MASKED"

_KEPT_REQUEST_HEADERS = ("content-type", "x-bx-apikey", "x-source-key")
_KEPT_RESPONSE_HEADERS = ("content-type", "x-ratelimit-requests-remain", "x-ratelimit-requests-expire")
_IN_URL = re.compile(r"\b(timestamp|signature)=[^&]*")


def tape(record_mode: str = "none") -> vcr.VCR:
    """A recorder for ``tape().use_cassette(path)``. It sends nothing unless ``record_mode`` allows it.

    It matches bodies without their timestamp and signature. It masks key, signature and timestamp.
    """
    recorder = vcr.VCR(
        record_mode=record_mode,
        match_on=["method", "scheme", "host", "port", "path", "query", "params"],
        before_record_request=_mask_request,
        before_record_response=_trim_response,
        decode_compressed_response=True,
    )
    recorder.register_matcher("params", _match_params)
    return recorder


def _mask_request(request: Any) -> Any:
    if request.host == "127.0.0.1":  # recorded from the simulator, replayed at the real default URL
        request.uri = HOST + request.uri.partition(f":{request.port}")[2]
    request.uri = _IN_URL.sub(rf"\1={MASK}", request.uri)
    headers = {
        name: value for name, value in request.headers.items() if name.lower() in _KEPT_REQUEST_HEADERS
    }
    request.headers = {
        name: MASK if name.lower() == "x-bx-apikey" else value for name, value in headers.items()
    }
    params = _params(request)
    if params:
        request.body = json.dumps({**params, "timestamp": MASK, "signature": MASK})
    return request


def _trim_response(response: dict[str, Any]) -> dict[str, Any]:
    headers = response["headers"]
    kept = {name: value for name, value in headers.items() if name.lower() in _KEPT_RESPONSE_HEADERS}
    return {**response, "headers": kept}


def _params(request: Any) -> dict[str, Any]:
    """The parameters in the body, which is JSON or form-encoded."""
    if not request.body:
        return {}
    text = request.body if isinstance(request.body, str) else request.body.decode()
    return dict(json.loads(text) if text.startswith("{") else parse_qsl(text))


def _match_params(ours: Any, theirs: Any) -> None:
    ignored = ("timestamp", "signature")
    one, other = (
        {name: value for name, value in _params(request).items() if name not in ignored}
        for request in (ours, theirs)
    )
    assert one == other, f"{one} differs from {other}"


def timeless(path: Path) -> Any:
    """The interactions of a cassette, without times: two recordings of one scenario have these in common."""
    text = re.sub(r'(\w*[tT]ime\\?": ?)\d{13}', r"\g<1>0", path.read_text())
    interactions = yaml.safe_load(text)["interactions"]
    for interaction in interactions:
        for header in ("Expire", "Remain"):  # the rest of the window depends on the time
            interaction["response"]["headers"].pop(f"X-RateLimit-Requests-{header}", None)
    return interactions
