"""Which forms of a request each endpoint reads, and how it refuses the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from .. import errors
from ..errors import Refused
from .parsing import Form

FormRefusal = Literal["signature", "required"]

_QUERY_ONLY: Final = frozenset({"none", "query"})


class Forms:
    """A server that does not read a form sees a request without parameters."""

    def __init__(
        self, swap_deletes: Iterable[str], accepted: Mapping[str, Iterable[str]], refusal: FormRefusal
    ) -> None:
        """``swap_deletes``: the endpoints that read the query only. ``accepted``: the others, by endpoint."""
        self._swap_deletes = frozenset(swap_deletes)
        self._accepted: dict[str, frozenset[str]] = dict.fromkeys(self._swap_deletes, _QUERY_ONLY)
        self._accepted |= {name: frozenset({"none", *forms}) for name, forms in accepted.items()}
        self._refusal = refusal

    def check_before_signature(self, endpoint: str, form: Form) -> None:
        """Raise the refusal of a server that misses the parameters when it verifies the signature."""
        if self._reads(endpoint, form):
            return
        if endpoint in self._swap_deletes:
            raise Refused(errors.SWAP_PARAMETER, errors.SWAP_TIMESTAMP_TEXT)
        if self._refusal == "signature":
            raise Refused(errors.BAD_SIGNATURE, errors.BAD_SIGNATURE_TEXT)

    def check_before_execution(self, endpoint: str, form: Form) -> None:
        """Raise the refusal of a server that verifies the signature, but does not read the parameters."""
        if not self._reads(endpoint, form):
            is_list = endpoint.endswith("/cancelOrders")
            raise errors.missing(*(("OrdersCancelRequest", "OrderIDs") if is_list else ("Request", "Symbol")))

    def _reads(self, endpoint: str, form: Form) -> bool:
        return endpoint not in self._accepted or form in self._accepted[endpoint]
