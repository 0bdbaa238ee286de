"""The commands that flows yield: frozen descriptions of I/O. The exchange class executes them.

They are named tuples, because a dozen dataclasses add 5 ms to the start of a bot (measured).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from math import inf
from typing import Any, NamedTuple, TypeAlias

from .._bingx.endpoints import Endpoint, Limited, LookUp
from .._bingx.errors import Scope
from .._ids import Batch, OrderRef
from .._ratelimit.messages import Ban, Pause

Turn: TypeAlias = Callable[[], tuple[float, bool]]
"""How long (s) to wait with the cancel of an order, and whether it may be sent then. If not, ask again."""


class LoadMarkets(NamedTuple):
    """Load the markets, unless they are loaded."""


class Cancel(NamedTuple):
    """Send `request` to `endpoint`, which cancels orders. The result is `Received`.

    The request waits for its limiter until `give_up` (s on the flow's clock) at most. It asks `turn` before
    it is written. For the log: `refs` are its orders, and `attempt` counts how often the flow has sent it.
    """

    endpoint: Endpoint
    request: Mapping[str, Any]
    hostname: str | None = None  # None: the exchange's own
    give_up: float = inf
    form: str | None = None  # "json" or "query"; None: as the options say
    refs: Sequence[OrderRef] = ()
    attempt: int = 1
    turn: Turn | None = None

    @property
    def limited(self) -> Endpoint:
        return self.endpoint


class CancelAll(NamedTuple):
    """Cancel all open orders. Otherwise as `Cancel`."""

    endpoint: Endpoint
    request: Mapping[str, Any]
    hostname: str | None = None
    give_up: float = inf
    refs: Sequence[OrderRef] = ()
    attempt: int = 1

    @property
    def limited(self) -> Endpoint:
        return self.endpoint


class Received(NamedTuple):
    """The result of a `Cancel`, a `CancelAll` or a `FetchTime`: the decoded `body` of the response.

    `rest_of_window`: how long (s) the limit stays used up, by the headers; None if they name no time.
    `signed_at`: when (s, `time.monotonic`) the request was signed.
    """

    body: Any
    rest_of_window: float | None = None
    signed_at: float | None = None


class FetchOrder(NamedTuple):
    """Query one order with `request`, as `endpoint` describes it. The result is the decoded response.

    The request waits for its limiter until `give_up` (s on the flow's clock) at most.
    """

    endpoint: Endpoint
    request: Mapping[str, Any]
    hostname: str | None = None
    give_up: float = inf
    refs: Sequence[OrderRef] = ()
    attempt: int = 1

    @property
    def limited(self) -> LookUp:
        return self.endpoint.fetch


class FetchHistory(NamedTuple):
    """List orders from one id on, final orders among them. Otherwise as `FetchOrder`."""

    endpoint: Endpoint
    request: Mapping[str, Any]
    hostname: str | None = None
    give_up: float = inf
    refs: Sequence[OrderRef] = ()
    attempt: int = 1

    @property
    def limited(self) -> LookUp:
        return self.endpoint.history


class FetchOpenOrders(NamedTuple):
    """List the open orders of a market. Otherwise as `FetchOrder`."""

    endpoint: Endpoint
    request: Mapping[str, Any]
    hostname: str | None = None
    give_up: float = inf
    refs: Sequence[OrderRef] = ()
    attempt: int = 1

    @property
    def limited(self) -> LookUp:
        return self.endpoint.open_orders


class EditOrder(NamedTuple):
    """Call ccxt's own ``edit_order`` with these `arguments`. The result is its order structure.

    The request asks `turn` before it is written.
    """

    arguments: tuple[Any, ...]
    turn: Turn | None = None


class Join(NamedTuple):
    """Wait for a slot, or for a batch that cancels the order of `ref` together with others that wait.

    The result is the ``together.Joined`` of the batch. If the flow has to send its cancel by itself, the
    result is None, or the ``together.Refused`` of a batch that may have cancelled the order all the same.
    """

    ref: OrderRef


class Share(NamedTuple):
    """Run `flow`, which cancels the one order of `batch`, once for all calls that want the same cancel.

    `symbol`: that of the order's market. `single`: its endpoint that cancels one order. `together`: its
    endpoint that cancels several. The result is the outcome of the flow.
    """

    symbol: str
    batch: Batch
    single: Endpoint
    together: Endpoint
    flow: Generator[Any, Any, Any]

    @property
    def ref(self) -> OrderRef:
        return self.batch.refs[0]


class UpdateLimiter(NamedTuple):
    """Report to the limiters of `scope`, seen from `limited`, what the exchange said about its limit."""

    limited: Limited
    signal: Pause | Ban
    scope: Scope = Scope.ENDPOINT


class MeasureClock(NamedTuple):
    """Measure how far this machine's clock is from the exchange's, and sign by the exchange's from now on."""


class FetchTime(NamedTuple):
    """Fetch the exchange's time. The `body` of the result is the time in ms."""


class Sleep(NamedTuple):
    """Wait for `seconds`."""

    seconds: float


Query: TypeAlias = FetchOrder | FetchHistory | FetchOpenOrders
Command: TypeAlias = (
    LoadMarkets | Cancel | CancelAll | EditOrder | Query | MeasureClock | FetchTime | Sleep | UpdateLimiter
)
Steps: TypeAlias = Generator[Command, Any, Any]


def turn_of(command: Command) -> Turn | None:
    """What a request of `command` asks before it is written, if it cancels orders one by one."""
    return command.turn if isinstance(command, (Cancel, EditOrder)) else None
