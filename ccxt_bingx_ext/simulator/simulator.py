"""The simulator for its users: start it, point a client at it, and read the truth."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType, TracebackType
from typing import Any, Final

from . import endpoints
from .accounts import ALL_PERMISSIONS, Account
from .arrivals import Arrivals
from .cancel_all import CancelAllRules
from .cancel_all_after import TimerRule, Timers
from .errors import INVALID_PARAMETER, SWAP_ORDER_NOT_FOUND, Refused, SimulatorError
from .exchange import Exchange, ExpireHeader
from .faults import Faults
from .http.forms import FormRefusal, Forms
from .http.log import Request, RequestLog
from .limits import BanRule, BanText, Limiter
from .listen_keys import ListenKeys
from .markets import Market
from .orders import OrderBook
from .repeats import RepeatedInBatch, RepeatRule, Submissions
from .rules import (
    EmptyLists,
    FailedKey,
    FailsKey,
    InverseCancelId,
    MixedIds,
    ReplaceStopped,
    SpotRules,
    SwapRules,
)
from .truth import Truth
from .user_stream import UserStreams
from .wording import Wording, WordingChoice

FIRST_ORDER_ID: Final = 1735964997957275648
DEFAULT_UID: Final = "1000001"

_NO_OVERRIDES: Final[Mapping[str, int | None]] = MappingProxyType({})
_CCXT_API_NAMES: Final = (
    "fund",
    "spot",
    "swap",
    "contract",
    "wallets",
    "user",
    "subAccount",
    "account",
    "copyTrading",
    "cswap",
    "api",
)
_STREAMS: Final = {"spot": "/market", "linear": "/swap-market", "inverse": "/cswap-market"}
"""The paths of the exchange's websockets. Inverse has another one here, because ccxt tells its streams apart
by their URLs, and the simulator has one host. The simulator does not serve that path."""


class Simulator(Truth, Arrivals):
    """A BingX exchange (spot and swap) on 127.0.0.1. It runs in a background thread from start to stop.

    You may call everything here from any thread while the server runs.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        first_order_id: int = FIRST_ORDER_ID,
        api_key: str = "simulator-key",
        secret: str = "simulator-secret",
        uid: str = DEFAULT_UID,
        limits: Mapping[str, int | None] | None = _NO_OVERRIDES,
        ban_after: int | None = 20,
        ban_within: float = 480.0,
        ban_seconds: float = 300.0,
        ban_text: BanText = "unblocked",
        expire_header: ExpireHeader = "remaining_ms",
        fails_key: FailsKey = "clientOrderID",
        mixed_ids: MixedIds = "union",
        empty_lists: EmptyLists = "documented",
        not_found_code: int = INVALID_PARAMETER,
        max_ids: int | None = None,
        swap_not_found_code: int = SWAP_ORDER_NOT_FOUND,
        swap_failed_key: FailedKey = "clientOrderId",
        swap_forgets_triggers: bool = True,
        inverse_cancel_id: InverseCancelId = "clientOrderId",
        inverse_cancel_flat: bool = False,
        inverse_cancel_all: endpoints.InverseCancelAll = "both",
        inverse_case_kept: bool = False,
        cancel_all_triggers: bool = True,
        cancel_all_type_required: bool = False,
        replace_stopped: ReplaceStopped = "zero",
        timer_batch: int = 10,
        timer_pause: float = 1.0,
        same_order_seconds: float | None = 1.0,
        same_order_in_batch: RepeatedInBatch = "entry",
        same_order_unknown_ids: bool = True,
        same_order_in_cancel_all: bool = False,
        wording: WordingChoice = "documented",
        forms: Mapping[str, Iterable[str]] = MappingProxyType({}),
        form_refusal: FormRefusal = "signature",
        process_ignored: Iterable[str] = (),
        max_url: int = 8192,
        latency_ms: float = 0.0,
        clock_offset_ms: int = 0,
        ping_seconds: float = 5.0,
    ) -> None:
        """``limits``: requests per second per uid, by endpoint, over the documented ones. None: no limits.

        ``forms``: the forms ("json", "query", "form") that endpoints read, such as
        ``{"cancelOrders": {"query"}}``; all of them by default, and the query only for a swap DELETE.
        ``form_refusal``: whether the endpoint misses the parameters for the "signature", or a "required" one.
        ``wording``: a seed with which every refusal draws its words (`Wording`).
        ``inverse_cancel_all``: the methods with which all open inverse orders can be cancelled.
        ``ping_seconds``: how often the websocket sends a ping. It closes if the one before has no answer.

        `SpotRules` explains the settings of spot, `SwapRules` those of swaps (``mixed_ids``, ``empty_lists``
        and ``replace_stopped`` apply to both), `CancelAllRules` those of cancelling all open orders
        (``cancel_all_…``), `TimerRule` those of doing that later (``timer_…``), `RepeatRule` those of
        the same order (``same_order_…``), and `BanRule` those of bans.
        """
        if not 0 <= port <= 65535:
            raise ValueError(f"port must be 0 to 65535, not {port}")
        self.port = port
        self.api_key = api_key
        self.secret = secret
        self.uid = uid
        self.clock_offset_ms = clock_offset_ms
        """How many ms the exchange's clock is ahead of this machine's clock."""
        self.errors: list[BaseException] = []
        """Defects of the simulator itself. `stop` raises them."""
        case_kept: tuple[Market, ...] = ("spot", "inverse") if inverse_case_kept else ("spot",)
        book = OrderBook(first_order_id, self.now_ms, case_kept)
        words = Wording(wording)
        rules = SpotRules(
            fails_key,
            mixed_ids,
            empty_lists,
            not_found_code,
            max_ids,
            frozenset(process_ignored),
            words,
            replace_stopped,
        )
        swap_rules = SwapRules(
            not_found_code=swap_not_found_code,
            failed_key=swap_failed_key,
            mixed_ids=mixed_ids,
            empty_lists=empty_lists,
            forgets_triggers=swap_forgets_triggers,
            replace_stopped=replace_stopped,
            inverse_cancel_id=inverse_cancel_id,
            inverse_cancel_flat=inverse_cancel_flat,
            wording=words,
        )
        repeat_rule = RepeatRule(
            same_order_seconds, same_order_in_batch, same_order_unknown_ids, same_order_in_cancel_all
        )
        self._submissions = Submissions(repeat_rule)
        self._log = RequestLog()
        cancel_all_rules = CancelAllRules(cancel_all_triggers, cancel_all_type_required)
        timer_rule = TimerRule(timer_batch, timer_pause)
        self._timers = Timers(book, timer_rule, cancel_all_rules, self.now_ms, self._log.later_execution)
        keys = ListenKeys(self.now_ms)
        self.faults = Faults(self.path)
        self._streams = UserStreams(keys, self.faults, self.now_ms, self._timers.settle, ping_seconds)
        book.on_change = self._streams.publish
        table = endpoints.build(
            book,
            rules,
            swap_rules,
            cancel_all_rules,
            self._submissions,
            self._timers,
            keys,
            self.now_ms,
            inverse_cancel_all,
        )
        self._endpoints = table
        self._unsettled_book = book
        ban_rule = BanRule(ban_after, ban_within, ban_seconds)
        self._exchange = Exchange(
            accounts={},
            book=book,
            endpoints=table,
            limiter=Limiter(self._limit_of, ban_rule),
            ban_rule=ban_rule,
            faults=self.faults,
            log=self._log,
            now_ms=self.now_ms,
            on_error=self.errors.append,
            expire_header=expire_header,
            max_url=max_url,
            wording=words,
            forms=Forms(
                swap_deletes=[name for name in table if name.startswith("DELETE ") and "swap/" in name],
                accepted={name: accepted for path, accepted in forms.items() for name in self._names(path)},
                refusal=form_refusal,
            ),
            settle=self._timers.settle,
            streams=self._streams,
        )
        self._limits: dict[str, int | None] = (
            dict.fromkeys(table)
            if limits is None
            else endpoints.LIMITS
            | {name: limit for path, limit in limits.items() for name in self._names(path)}
        )
        self.ban_text = ban_text
        self.latency_ms = latency_ms
        self.add_account(api_key, secret, uid)

    # The server

    def start(self) -> Simulator:
        if self._exchange.server.is_running:
            raise RuntimeError("the simulator is already running")
        self.port = self._exchange.server.start(self.port)
        return self

    def stop(self) -> None:
        """Stop the server. Raises `SimulatorError` if the simulator itself failed."""
        if not self._exchange.server.is_running:
            return
        self._exchange.server.stop()
        if self.errors:
            raise SimulatorError(f"the simulator itself failed: {self.errors!r}") from self.errors[0]

    def __enter__(self) -> Simulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        except SimulatorError:
            # Raise the error of the block instead: it says more.
            if error is None:
                raise

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ccxt_config(self, **more: Any) -> dict[str, Any]:
        """The configuration that points any of ccxt's three bingx classes here, in sandbox mode, too."""
        api: dict[str, Any] = dict.fromkeys(_CCXT_API_NAMES, self.url + endpoints.PREFIX.rstrip("/"))
        api["ws"] = {market: f"ws://127.0.0.1:{self.port}{path}" for market, path in _STREAMS.items()}
        return {"apiKey": self.api_key, "secret": self.secret, "urls": {"api": api, "test": api}, **more}

    def _names(self, path: str) -> list[str]:
        return endpoints.names(self.path(path), self._endpoints)

    def now_ms(self) -> int:
        """The exchange's clock."""
        return time.time_ns() // 1_000_000 + self.clock_offset_ms

    @property
    def subscribers(self) -> int:
        """How many websocket clients would receive an order event now."""
        return self._streams.subscribers

    @property
    def latency_ms(self) -> float:
        """How many ms every request waits between its arrival and its execution."""
        return self._exchange.latency_ms

    @latency_ms.setter
    def latency_ms(self, value: float) -> None:
        self._exchange.latency_ms = value

    @property
    def on_response(self) -> Callable[[Request], object] | None:
        """A function that receives each request after its response, or after the connection was closed.

        The server's thread calls it.
        """
        return self._exchange.on_response

    @on_response.setter
    def on_response(self, value: Callable[[Request], object] | None) -> None:
        self._exchange.on_response = value

    # Accounts, limits and bans

    def add_account(
        self,
        api_key: str,
        secret: str,
        uid: str,
        permissions: Iterable[str] = ALL_PERMISSIONS,
        allowed_ips: Iterable[str] | None = None,
    ) -> Account:
        """Add an API key. Permissions: "read", "spot" and "swap" (trading)."""
        ips = None if allowed_ips is None else frozenset(allowed_ips)
        account = Account(api_key, secret, uid, frozenset(permissions), ips)
        if not account.permissions <= ALL_PERMISSIONS:
            unknown = ", ".join(sorted(account.permissions - ALL_PERMISSIONS))
            raise ValueError(f"permissions are {', '.join(sorted(ALL_PERMISSIONS))}, not {unknown}")
        self._exchange.accounts[api_key] = account
        return account

    def ban(
        self,
        seconds: float,
        *,
        uid: str | None = None,
        path: str | None = None,
        text: BanText | None = None,
        code: int | None = None,
        status: int | None = None,
    ) -> int:
        """Ban an account (or all) from an endpoint (or all). Returns the end of the ban in epoch ms.

        ``text`` selects one of the known texts, for this ban and for later ones. ``code`` and ``status`` do
        the same for the business code (100410) and the HTTP status (200).
        """
        self._exchange.shape_ban(text, code, status)
        for where in [None] if path is None else self._names(path):
            self._exchange.limiter.ban(uid, where, time.perf_counter() + seconds)
        return self.now_ms() + round(seconds * 1000)

    def restrict(
        self, seconds: float, *, code: int = 109403, text: str | None = None, uid: str | None = None
    ) -> None:
        """Let risk control refuse every cancel of an account for some time. `unban` ends it."""
        words = Wording("documented").restricted("", code)
        refused = words if text is None else Refused(code, text)
        until = time.perf_counter() + seconds
        self._exchange.restrictions.add(self.uid if uid is None else uid, until, refused)

    def unban(self) -> None:
        """Lift all bans and restrictions, and forget the refusals that count toward the next one."""
        self._exchange.limiter.unban()
        self._exchange.restrictions.clear()

    @property
    def ban_text(self) -> BanText:
        return self._exchange.ban_text

    @ban_text.setter
    def ban_text(self, value: BanText) -> None:
        self._exchange.ban_text = value

    def _limit_of(self, name: str) -> int | None:
        return self._limits.get(name, endpoints.DEFAULT_LIMIT)
