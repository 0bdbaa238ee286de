"""The path of a request: the gate checks it, a fault may strike, an endpoint executes it.

The gate checks path, signature, clock, permission and limit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, cast, get_args

from aiohttp import web

from . import errors
from .accounts import Account, check_access
from .calls import Call
from .conditions import disturb, poisoned, view_of
from .endpoints import Endpoint
from .errors import Refused
from .faults import Fault, Faults
from .http import signing
from .http.forms import Forms
from .http.log import Request, RequestLog
from .http.parsing import parse
from .http.responses import Response, encode, html_page, refusal, success
from .http.server import ServerThread, hang_up
from .limits import BanRule, BanText, Limiter, Verdict, ban_message
from .orders import OrderBook
from .restrictions import Restrictions
from .spoiling import spoil
from .user_stream import UserStreams, is_upgrade
from .wording import Wording

ExpireHeader = Literal["epoch_ms", "epoch_s", "remaining_ms"]


class Exchange:
    """Handles every request, from the wire to the order book and back."""

    def __init__(
        self,
        *,
        accounts: dict[str, Account],
        book: OrderBook,
        endpoints: dict[str, Endpoint],
        limiter: Limiter,
        ban_rule: BanRule,
        faults: Faults,
        log: RequestLog,
        now_ms: Callable[[], int],
        on_error: Callable[[BaseException], None],
        expire_header: ExpireHeader,
        max_url: int,
        wording: Wording,
        forms: Forms,
        settle: Callable[[], None],
        streams: UserStreams,
    ) -> None:
        """``settle`` does what is due by the clock. It runs before anything looks at the book."""
        self.accounts = accounts
        self.book = book
        self.endpoints = endpoints
        self.limiter = limiter
        self.faults = faults
        self.log = log
        self.latency_ms = 0.0
        self.ban_text: BanText = "unblocked"
        self.ban_code = errors.RATE_LIMITED
        self.ban_status = 200
        self.restrictions = Restrictions()
        self.server = ServerThread(self._respond, on_error)
        self._ban_rule = ban_rule
        self._now_ms = now_ms
        self._expire_header = expire_header
        self._max_url = max_url
        self._wording = wording
        self._forms = forms
        self._settle = settle
        self._streams = streams
        self.on_response: Callable[[Request], object] | None = None

    async def _respond(self, http: web.Request, arrived: float) -> web.StreamResponse:
        if is_upgrade(http):
            return await self._streams.serve(http)
        path, _, query = http.raw_path.partition("?")
        headers = {name.lower(): value for name, value in http.headers.items()}
        request = self.log.arrival(arrived, time.time(), http.method, path, query, headers)
        try:
            return await self._respond_to(http, request)
        finally:
            if self.on_response is not None:
                self.on_response(replace(request))

    async def _respond_to(self, http: web.Request, request: Request) -> web.StreamResponse:
        try:
            body = await http.read()
        except web.RequestPayloadError:
            request.http_status = 400  # the body is cut short, or does not match its encoding
            return web.Response(status=400)
        except web.HTTPRequestEntityTooLarge as refused:
            request.http_status = refused.status
            raise
        request.body = body.decode(errors="backslashreplace")
        limit_headers: dict[str, str] = {}
        fault: Fault | None = None
        try:
            endpoint = self._gate(http, request, body, limit_headers)
        except Refused as refused:
            await self._lag()
            response = refusal(refused)
        except _TooLong:
            response = html_page(414, "Request-URI Too Large")
        else:
            request.accepted = True
            struck = self.faults.strike(endpoint.name, endpoint.path)
            fault = struck.worded(self._wording) if struck else None
            request.fault = fault.kind if fault else None
            conditions = self.faults.conditions(endpoint.name, endpoint.path)
            request.conditions = tuple(one.kind for one in conditions)
            response_or_none = await self._carry_out(http, request, endpoint, fault, conditions)
            if response_or_none is None:
                return hang_up(http, reset=fault is not None and fault.kind == "reset")
            response = response_or_none
        response = replace(response, headers={**limit_headers, **response.headers})
        request.http_status, request.code = response.status, response.code
        return await self.server.deliver(http, response)

    def _gate(
        self, http: web.Request, request: Request, body: bytes, limit_headers: dict[str, str]
    ) -> Endpoint:
        """Return the endpoint of a request, or raise why the request is refused."""
        if len(http.raw_path) > self._max_url:
            raise _TooLong
        parsed = parse(request.query, request.headers.get("content-type", ""), body)
        request.form, request.params = parsed.form, parsed.unsigned
        endpoint = self.endpoints.get(request.endpoint)
        if endpoint is None:
            raise Refused(errors.NOT_FOUND, "the API path does not exist")
        if not endpoint.private:
            return endpoint
        try:
            account = signing.check_signature(
                self.accounts, request.headers.get("x-bx-apikey"), parsed.params
            )
            self._forms.check_before_signature(endpoint.name, parsed.form)
        except Refused:
            request.signature_valid = False
            raise
        request.signature_valid, request.uid = True, account.uid
        signing.check_timestamp(parsed.params, self._now_ms())
        check_access(account, endpoint.permission, http.remote or "")
        verdict = self.limiter.admit(account.uid, endpoint.name, request.arrived)
        limit_headers.update(self._limit_headers(verdict))
        if not verdict.allowed:
            request.limited = True
            raise self._limited(verdict)
        self._forms.check_before_execution(endpoint.name, parsed.form)
        if endpoint.cancels:
            self.restrictions.check(account.uid, request.arrived)
        return endpoint

    def shape_ban(self, text: str | None, code: int | None, status: int | None) -> None:
        """Set how this ban and later bans respond. None changes nothing."""
        if text is not None:
            if text not in get_args(BanText):
                raise ValueError(f"the text of a ban is one of {', '.join(get_args(BanText))}, not {text!r}")
            self.ban_text = cast(BanText, text)
        self.ban_code = self.ban_code if code is None else code
        self.ban_status = self.ban_status if status is None else status

    def _limited(self, verdict: Verdict) -> Refused:
        if verdict.banned_until is None:
            return Refused(errors.RATE_LIMITED, "rate limited")
        until_ms = self._epoch_ms(verdict.banned_until)
        text = ban_message(self.ban_text, self._ban_rule, until_ms)
        return Refused(self.ban_code, text, self.ban_status)

    def _limit_headers(self, verdict: Verdict) -> dict[str, str]:
        if verdict.limit is None:
            return {}
        expires_ms = self._epoch_ms(verdict.expires)
        expire = {
            "epoch_ms": expires_ms,
            "epoch_s": -(-expires_ms // 1000),
            "remaining_ms": max(0, expires_ms - self._now_ms()),
        }[self._expire_header]
        return {
            "X-RateLimit-Requests-Remain": str(verdict.remaining),
            "X-RateLimit-Requests-Expire": str(expire),
        }

    def _epoch_ms(self, moment: float) -> int:
        """Convert a `time.perf_counter` moment to the exchange's clock."""
        return self._now_ms() + round((moment - time.perf_counter()) * 1000)

    async def _lag(self) -> None:
        if self.latency_ms > 0:
            await self.server.pause(self.latency_ms / 1000)

    async def _carry_out(
        self,
        http: web.Request,
        request: Request,
        endpoint: Endpoint,
        fault: Fault | None,
        conditions: Sequence[Fault],
    ) -> Response | None:
        """Return the response to an accepted request. None: close the connection without a response."""
        await self._lag()
        if fault and fault.when == "before":
            if not await self._apply(http, request, fault):
                return None
            if fault.replaces_response:
                return spoil(fault, success({"orders": None}))
            if fault.kind == "restrict":
                return refusal(fault.words)
            if fault.kind == "ban":
                return self._banned_response(request)
        response = self._execute(request, endpoint, fault, conditions)
        if fault and fault.when == "after":
            if not await self._apply(http, request, fault):
                return None
            if fault.kind == "ban":
                return self._banned_response(request)
            response = spoil(fault, response)
        return response

    def _execute(
        self, request: Request, endpoint: Endpoint, fault: Fault | None, conditions: Sequence[Fault]
    ) -> Response:
        self._settle()
        if poison := poisoned(conditions, request.params):
            return refusal(poison)
        call = Call(
            uid=request.uid or "",
            params=request.params,
            refusal=fault.cancel_refusal if fault else None,
            new_refusal=fault.new_refusal if fault else None,
            arrived=request.arrived,
            form=request.form,
            number=request.number,
            path=request.path,
            view=view_of(conditions),
        )
        try:
            result = endpoint.handle(call)
        except Refused as refused:
            return refusal(refused)
        self.log.execution(request, result.cancelled)
        if result.refused:
            return refusal(result.refused)
        if result.bare:
            return Response(encode(result.data))
        return disturb(conditions, success(result.data)) if conditions else success(result.data)

    async def _apply(self, http: web.Request, request: Request, fault: Fault) -> bool:
        """Do what a fault does beside changing the response. False: there is no response."""
        if fault.kind in ("drop", "reset"):
            return False
        if fault.kind == "hang":
            return not await self.server.hold(http, fault.seconds)
        if fault.kind == "delay":
            await self.server.pause(1.0 if fault.seconds is None else fault.seconds)
        elif fault.kind == "ban":
            seconds = self._ban_rule.seconds if fault.seconds is None else fault.seconds
            self.shape_ban(fault.text, fault.code, fault.status)
            self.limiter.ban(request.uid, request.endpoint, time.perf_counter() + seconds)
        elif fault.kind == "restrict" and fault.seconds is not None:
            self.restrictions.add(request.uid or "", time.perf_counter() + fault.seconds, fault.words)
        elif fault.kind == "race":
            self._race(fault)
        return True

    def _race(self, fault: Fault) -> None:
        self._settle()
        if callable(fault.action):
            fault.action()
        elif fault.action == "fill":
            self.book.fill(fault.order_id, fault.quantity)
        elif fault.action:  # pragma: no branch - a race has an action
            getattr(self.book, fault.action)(fault.order_id)

    def _banned_response(self, request: Request) -> Response:
        request.limited = True
        verdict = self.limiter.admit(request.uid or "", request.endpoint, time.perf_counter())
        return refusal(self._limited(verdict))


class _TooLong(Exception):
    """The URL is longer than the gateway accepts."""
