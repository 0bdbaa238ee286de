"""Send our own requests to the exchange, not the plugin's, to learn how the exchange responds."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

import requests

Form = Literal["json", "query", "form"]
TIMEOUT = 10.0  # s


class Probe:
    """Send signed requests with the keys and hosts of a ccxt exchange."""

    def __init__(self, exchange: Any) -> None:
        self._exchange = exchange

    def send(
        self, method: str, path: str, params: Mapping[str, Any], form: Form = "query"
    ) -> dict[str, Any] | str:
        """The response to ``path``, such as ``spot/v1/trade/cancelOrders``. Text if it is not JSON."""
        signed = self._signed({**params, "timestamp": self._exchange.milliseconds()})
        url = f"{self._exchange.urls['api'][path.partition('/')[0]].rstrip('/')}/{path}"
        url = url.replace("{hostname}", str(self._exchange.hostname))
        encoded = "&".join(f"{name}={quote(str(value))}" for name, value in signed.items())
        headers = {"X-BX-APIKEY": self._exchange.apiKey}
        body = None
        if form == "json":
            headers["Content-Type"], body = "application/json", json.dumps(signed)
        elif form == "form":
            headers["Content-Type"], body = "application/x-www-form-urlencoded", encoded
        else:
            url += "?" + encoded
        response = requests.request(
            method, url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False
        )
        try:
            decoded: dict[str, Any] = response.json()
        except ValueError:
            return f"HTTP {response.status_code}: {response.text[:200]}"
        return decoded

    def _signed(self, params: Mapping[str, Any]) -> dict[str, Any]:
        line = "&".join(f"{name}={params[name]}" for name in sorted(params))
        signature = hmac.new(self._exchange.secret.encode(), line.encode(), hashlib.sha256).hexdigest()
        return {**params, "signature": signature}
