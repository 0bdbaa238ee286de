"""The only table of what BingX's codes, words and order states mean. No I/O.

The exchange gives several meanings to one code, and one meaning to several codes. So the words decide, and
the code only if the words do not. Every module uses this vocabulary, the command line's doctor included.
Sources: the exchange's error tables (docs, notes), and texts that users captured from the live exchange
(live), gathered in 2026. No document lists all texts, so a response that the vocabulary does not know is
ambiguous.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import NamedTuple

# The exchange's states (seed; docs, notes and live captures for EXPIRED, WORKING, RUNNING and mixed case) as
# ccxt statuses. ccxt 4.5.90 calls FAILED "canceled", although nobody cancelled the order.
STATUS_OF_STATE: Mapping[str, str] = {
    "NEW": "open",
    "PENDING": "open",
    "WORKING": "open",
    "RUNNING": "open",
    "PARTIALLYFILLED": "open",
    "FILLED": "closed",
    "CANCELED": "canceled",
    "CANCELLED": "canceled",
    "FAILED": "rejected",
    "EXPIRED": "expired",
}

LONGEST_TEXT = 2000
"""Characters. The exchange's texts have 200 at most. A longer text is not read, and settles nothing."""

# Patterns are plain strings, which `re` compiles at first use: a bot starts sooner. Repetitions are bounded
# where two of them could match the same text: otherwise 16 kB of a hostile text would take seconds.
# "orderId:", "client order id =": the exchange uses no longer word.
LABEL = r"\w{0,40}order\w{0,40}id\s{0,9}[:=]\s{0,9}"
# The whole documented sentence, with the id that it names, if any. "has not reached order status :CANCELED
# yet" says something else.
_THE_ORDER = rf"(?i)(?:the )?(?:{LABEL}\S{{1,64}} )?"
_STATE_SENTENCE = (
    rf"{_THE_ORDER}order status ?: ?(?P<state>[a-z_]+) ?"
    r"(?:, ?can ?not delete(?: ?,? ?please verify(?: and retry later)?)?)? ?\.?"
)
_ALREADY_FILLED = r"(?i)\border\s+(?:is\s+|was\s+)?already\s+filled\b"
_FILLED_SENTENCE = rf"{_THE_ORDER}{_ALREADY_FILLED[4:]} ?[.!]?"
_NAMED_ID = rf"(?i)\b{LABEL}([^\s,;]+)|\border\s+(\d{{1,19}})\b"
# "order not exist", "The order doesn't exist", "order 123 not found", "can not find order …". No wider
# pattern, because a bot that catches OrderNotFound forgets the order.
_NO_SUCH_ORDER = (
    r"(?i)\bcan ?not find order\b|(?<![/\w])order\s+(?:you want to cancel\s+)?"
    rf"(?:(?:{LABEL})?\d{{1,19}}\s+)?"
    r"(?:(?:does\s+|is\s+|was\s+)?not\s+(?:exist|found)\b|does\s?n.?t\s+exist\b)"
)
# "the order [you want to cancel] is FILLED or CANCELLED already, or is not a valid order id ,please verify"
_FINAL_OR_INVALID = r"(?i)\bfilled or cancell?ed already\b"
_GONE = rf"{_NO_SUCH_ORDER}|(?:{_FINAL_OR_INVALID[4:]})|(?:{_ALREADY_FILLED[4:]})"
_SUBMITTED_TWICE = r"(?i)\bsubmitted once\b.{0,60}\bsecond\b"
_AMBIGUOUS = (
    r"(?i)\bbusy\b|service unavailable|network failed|connection refused|invalid connection|rpc timeout|"
    r"cancel order failed|being processed|service has some errors"
)
# "…will be unblocked after 1727193814249", "…can retry after time: 1727193970155" (docs, live)
_BAN_END = r"\bafter\b\D{0,12}(\d{13})\b"
_RATE_LIMIT = rf"(?i)\brate.?limit|too many (?:\w+ )?requests?\b|{_BAN_END}"
_RISK_CONTROL = r"(?i)risk control|cancellation rate exceeded|restriction period"
_MISSING_PARAMETER = r"(?i)field is required|'required' tag|are both empty"
_BAD_PARAMETER = r"(?i)query range|quantity is must|invalid parameters?\b"
_CLOCK = r"(?i)timestamp"

# Bots recognise orders that are gone by these phrases (passivbot and others; freqtrade goes by the class).
# The message of an error with unresolved orders must not hold any of them.
_GONE_PHRASES = (
    rf"{_GONE}|not\s+(?:exist|found)\b|n.?t\s+exist\b|already\s+(?:filled|cancell?ed|closed)|"
    r"\bunknown order\b|\border status\s*:\s*(?:filled|cancell?ed|failed|expired)"
)


class Meaning(Enum):
    """The meaning of a refusal."""

    ORDER_GONE = "the order is unknown, or in a final state"
    AMBIGUOUS = "the exchange, or a gateway before it, failed: the outcome is unknown"
    SUBMITTED_TWICE = "the same order within a second: the exchange received an earlier request for it"
    RATE_LIMIT = "too many requests, or a ban"
    RISK_CONTROL = "risk control, or a pause of trading"
    MISSING_PARAMETER = "a parameter is missing, or could not be read"
    BAD_PARAMETER = "a parameter is wrong"
    CLOCK = "the clocks differ"
    WRONG_SIGNATURE = "the signature does not fit the key"
    WRONG_KEY = "the exchange does not know the key"
    NO_PERMISSION = "the key lacks a permission"
    WRONG_ADDRESS = "the key's whitelist does not hold this machine's address"


# The first pattern that a text holds counts, but see `meaning_of` for texts that are ambiguous and gone.
_BY_WORDS: Sequence[tuple[Meaning, str]] = (
    (Meaning.SUBMITTED_TWICE, _SUBMITTED_TWICE),
    (Meaning.RATE_LIMIT, _RATE_LIMIT),
    (Meaning.AMBIGUOUS, _AMBIGUOUS),
    (Meaning.ORDER_GONE, _GONE),
    (Meaning.RISK_CONTROL, _RISK_CONTROL),
    # "timestamp: This field is required" (live, VST) is about the form of the request, not about the clock.
    (Meaning.MISSING_PARAMETER, _MISSING_PARAMETER),
    (Meaning.BAD_PARAMETER, _BAD_PARAMETER),
    (Meaning.CLOCK, _CLOCK),
)
# ccxt decides these codes, whatever the words: its AccountSuspended says "risk control", too.
_LEFT_TO_CCXT = frozenset(("100414",))
_BY_CODE: Mapping[str, Meaning] = {
    code: meaning
    for meaning, codes in (
        (Meaning.ORDER_GONE, "80016 80018 109421 109422"),
        (Meaning.AMBIGUOUS, "100500 110500 109500 100503 500 504 80012 101500 80019"),
        (Meaning.SUBMITTED_TWICE, "109201"),
        (Meaning.RATE_LIMIT, "100410 109429"),
        (Meaning.RISK_CONTROL, "109403 109415 80020 101413"),
        (Meaning.BAD_PARAMETER, "109414 109400 80014"),
        (Meaning.WRONG_SIGNATURE, "100001 100412"),
        (Meaning.WRONG_KEY, "100413"),
        (Meaning.NO_PERMISSION, "100004"),
        (Meaning.WRONG_ADDRESS, "100419"),
    )
    for code in codes.split()
}
# The status of an order by the code alone (docs).
_STATUS_OF_CODE: Mapping[str, str] = {"80018": "closed", "109422": "closed"}


class Words(NamedTuple):
    """The exchange's `text` under `code` about orders, some of which have the ids `about`.

    `query`: the text responds to a query. Then "busy, order not exist" means that the order does not exist.

    An id is the caller's text: "status:CANCELED" may be a client order id, and must not count as the
    exchange's words.
    """

    text: str
    code: str | None = None
    about: tuple[str, ...] = ()
    query: bool = False

    @property
    def status(self) -> str | None:
        """The ccxt status of the one known state that the words or the code name, or None."""
        if len(self.text) > LONGEST_TEXT:
            return None
        sentences = self._sentences
        if sentences:
            statuses = {STATUS_OF_STATE.get(state) for state in sentences}
            return statuses.pop() if len(statuses) == 1 else None
        is_silent = meaning_by_words(self._own) is None and "order status" not in self._own.lower()
        return _STATUS_OF_CODE.get(self.code or "") if is_silent else None

    @property
    def names_other_ids(self) -> bool:
        """Whether the words name an order that is not among `about`. True for words too long to read."""
        if len(self.text) > LONGEST_TEXT:
            return True
        about = [one.lower() for one in self.about]
        for found in re.finditer(_NAMED_ID, self._own):
            named = (found[1] or found[2]).strip(".!()'\"").lower()
            if named != "0" and not any(one == named or one.startswith(f"{named} ") for one in about):
                return True
        return False

    @property
    def deny_the_order(self) -> bool:
        """Whether the words or the code say that there is no such order, and nothing else.

        "FILLED or CANCELLED already, or not valid" leaves open which.
        """
        if self._sentences or re.search(_FINAL_OR_INVALID, self._own) or self.status is not None:
            return False
        if self.code in _STATUS_OF_CODE or re.search(_ALREADY_FILLED, self._own):
            return False  # the words contradict the code, or themselves
        return _meaning(self.code, self._own, self._numbered, query=self.query) is Meaning.ORDER_GONE

    @property
    def call_it_gone(self) -> bool:
        """Whether the words or the code say that the order is in a final state or unknown."""
        if self._sentences:
            return all(STATUS_OF_STATE.get(state, "open") != "open" for state in self._sentences)
        return _meaning(self.code, self._own, self._numbered, query=self.query) is Meaning.ORDER_GONE

    @property
    def _sentences(self) -> list[str]:
        """The state in each sentence, if every sentence of the text names a state."""
        found: list[str] = []
        if len(self.text) > LONGEST_TEXT:
            return found
        for sentence in filter(None, (" ".join(one.split()) for one in self._own.split(";"))):
            if match := re.fullmatch(_STATE_SENTENCE, sentence):
                found.append(state_of(match["state"]))
            elif re.fullmatch(_FILLED_SENTENCE, sentence):
                found.append("FILLED")
            else:
                return []
        return found

    @property
    def _own(self) -> str:
        """The text without ids that could count as words."""
        own = self.text
        for one in self.about:
            if ":" in one:
                own = own.replace(one, "0")
        return own

    @property
    def _numbered(self) -> str:
        """The text with a number for each id: "order abc does not exist" reads as the exchange's sentence."""
        numbered = self.text
        for one in self.about:
            numbered = numbered.replace(one, "0")
        return numbered


def spelled_out(value: object) -> str:
    """A `value` of a response as a text, or "" if it is nested too deeply."""
    try:
        return str(value)
    except RecursionError:
        return ""


def state_of(text: object) -> str:
    """The exchange's word for a state, as in `STATUS_OF_STATE`: PARTIALLYFILLED for "PartiallyFilled"."""
    return spelled_out(text).upper().replace("_", "")


def meaning_by_words(*spellings: str, query: bool = False) -> Meaning | None:
    """The meaning of the words, in any of the spellings; None if the vocabulary does not know them."""
    found = [meaning for meaning, pattern in _BY_WORDS if any(re.search(pattern, text) for text in spellings)]
    if query and Meaning.ORDER_GONE in found and found[0] is Meaning.AMBIGUOUS:
        return Meaning.ORDER_GONE
    return found[0] if found else None


def meaning_of(code: str | None, text: str, *, query: bool = False) -> Meaning | None:
    """The meaning of a refusal with this `code` and `text`; None if the vocabulary does not know it.

    One text may say both that the service failed and that there is no such order ("service has some errors,
    The order doesn't exist"). The outcome of a cancel is unknown then, because an earlier request may have
    cancelled the order. In response to a `query`, the text means that the order was not found.
    """
    if code is None or code == "0" or code in _LEFT_TO_CCXT:
        return None
    words = Words(text, code)
    if words._sentences:
        return Meaning.ORDER_GONE if words.call_it_gone else None
    return _meaning(code, text, query=query)


def _meaning(code: str | None, *spellings: str, query: bool = False) -> Meaning | None:
    if any(len(text) > LONGEST_TEXT for text in spellings):
        return Meaning.AMBIGUOUS
    by_words, by_code = meaning_by_words(*spellings, query=query), _BY_CODE.get(code or "")
    if by_words is Meaning.ORDER_GONE and by_code is Meaning.AMBIGUOUS and not query:
        return by_code
    return by_words or by_code


def calls_orders_gone(text: str) -> bool:
    """Whether a bot could conclude from `text` that an order is gone."""
    return re.search(_GONE_PHRASES, text) is not None


def ban_end(text: str) -> float | None:
    """The epoch time (s) at which the ban that `text` names ends; None if it names none."""
    found = re.search(_BAN_END, text)
    return int(found[1]) / 1000 if found else None
