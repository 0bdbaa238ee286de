"""Remove signatures, API keys and secrets from errors. No I/O, no exchange object.

This covers the message, ``args``, causes, contexts, and everything that these hold as attributes. It does not
cover the variables in the frames of the traceback: whoever can read those can read the bot's keys anyway.
"""

from __future__ import annotations

import functools
import re
import string
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import suppress
from enum import Enum
from typing import Any, TypeVar

from ccxt.base.errors import BaseError

F = TypeVar("F", bound=Callable[..., Generator[Any, Any, Any]])

MASK = "***"

# Patterns are plain strings, which `re` compiles at first use: a bot starts sooner. Every repetition between
# two parts is bounded, because the exchange's texts may be hostile.
# The text between a name and its value: in a URL, in JSON, in a header, or in one of these inside another.
_QUOTE = r"(?:[\"'\\\s\[]|%(?:25){0,4}(?:2[027]|5[BC])|\\u00(?:2[027]|5[bc])|&(?:quot|#34|#39);)"
_EQUALS = r"(?:[=:>]|%(?:25){0,4}3[ADE]|\\u003[ade]|&(?:#61|#x3d|equals|#62|gt);){1,2}"
_BETWEEN = rf"{_QUOTE}{{0,6}}{_EQUALS}{_QUOTE}{{0,8}}"
_SIGNATURE = rf"(?i)(sign(?:ature)?{_BETWEEN})[0-9a-f]{{8,}}"
# Without "=" or ":", an id may follow. Order ids have 19 digits, and hexadecimal client order ids mostly 32.
_SIGNATURE_NEARBY = rf"(?i)(sign(?:ature)?(?:{_QUOTE}|[,;(){{}}</]|\bis\b){{1,8}})[0-9a-f]{{33,}}"
# Part of a key has digits or both cases. A word about the key, such as "not_found", has neither.
_WORD = r"(?:[A-Z]?[a-z]+|[A-Z]+)(?:[-_./](?:[A-Z]?[a-z]+|[A-Z]+))*\.{0,3}(?![\w.+/=-])"
_API_KEY = rf"((?i:api[-_ ]?key{_BETWEEN}))(?!{_WORD})[\w.+/=-]{{8,}}"
# A signature by its shape, where its name is cut off. No id has more than 40 characters, and three quarters
# of a signature do not suffice to sign. Without \b: in "signature%3D" D is a hexadecimal digit, too.
_DIGITS = r"()[0-9a-fA-F]{48,}"
# User and password in a URL, such as that of a proxy.
_CREDENTIALS = r"(//)[^\s/\"'<>]+(?=@)"
_PATTERNS = (_SIGNATURE, _SIGNATURE_NEARBY, _API_KEY, _DIGITS, _CREDENTIALS)

_SHORTEST_SECRET = 8  # a shorter text is not a key of the exchange, and would be masked inside other words
_LONG_SECRET = 32  # the exchange's keys have 64 characters and more. Their parts are masked, too
_PART = 16  # characters of a part
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)  # keeps the length, unlike str.lower
_LONGEST_ID = 40  # characters of an order's id. An altered id loses sight of its order


def redact(text: str, secrets: Iterable[object] = ()) -> str:
    """Mask signatures, API keys, users and passwords of URLs, and `secrets` in `text`, whole or cut short.

    The plugin knows signatures by name and by shape, and API keys by name. Of `secrets`, it ignores those of
    fewer than 8 characters, and masks parts of those of at least 32.
    """
    for secret in secrets:
        if isinstance(secret, str) and len(secret) >= _SHORTEST_SECRET:
            text = re.sub(rf"(?i){re.escape(secret)}", MASK, text)
            if len(secret) >= _LONG_SECRET:
                text = _without_parts(text, secret)
    for pattern in _PATTERNS:
        text = re.sub(pattern, rf"\g<1>{MASK}", text)
    return text


def _without_parts(text: str, secret: str) -> str:
    """Mask each part of `secret` in `text` that has at least 16 characters."""
    lower, key = text.translate(_LOWER), secret.translate(_LOWER)
    parts = {key[at : at + _PART] for at in range(len(key) - _PART + 1)}
    masked, done = list[str](), 0
    for at in range(len(lower) - _PART + 1):
        if lower[at : at + _PART] in parts:
            if at > done or not done:
                masked += (text[done:at], MASK)
            done = at + _PART
    return "".join((*masked, text[done:]))


def shorten(text: str, most: int) -> str:
    """Return at most `most` characters of `text`, redacted, without a word that is cut off.

    No pattern recognises half a key, or half a signature without its name.
    """
    text = redact(text)
    return text if len(text) <= most else re.sub(r"[\w.+/=%-]*$", "…", text[:most], count=1)


def hide_credentials(text: str) -> str:
    """`text`, the repr of a caller's value, up to the first URL that may hold a password.

    That may be any part of the URL, and any character may follow unescaped. So the whole rest is masked. Only
    a web address without "@" and "?" holds no password, and stays.
    """
    begins = ":/" if "?" in text else r"(?<!http)(?<!https):/"
    if "@" in text:
        begins = r":(?! )"  # of "user:password@host", too. In a dict, a space follows the colon
    return re.sub(rf"(?is)({begins}/*).*", rf"\g<1>{MASK}", text, count=1)


def hides_secrets(method: F) -> F:
    """Redact the ccxt errors that leave the flow `method` of an exchange object, which knows its keys."""

    @functools.wraps(method)
    def flow(exchange: Any, *args: Any) -> Generator[Any, Any, Any]:
        handled = sys.exc_info()[1]
        try:
            return (yield from method(exchange, *args))
        except BaseError as error:
            redact_chain(error, (exchange.secret, exchange.apiKey), handled)
            raise

    return flow  # type: ignore[return-value]


def redact_chain(
    error: BaseException, secrets: Iterable[object] = (), handled: BaseException | None = None
) -> None:
    """Mask signatures and `secrets` in `error`, in its causes and contexts, and in what these hold.

    ccxt puts the whole URL into the message of a network error. So do requests and aiohttp in the errors that
    cause it. In the query form the URL holds the signature. These errors also hold the request, whose headers
    have the API key, so attributes keep plain values only.

    `handled`: the error that the bot was handling when it called. Python makes it our context. It belongs to
    the bot, as does everything that it leads to, so only messages are masked there.
    """
    _Cleaner(tuple(secrets), handled).clean_all(error)


class _Cleaner:
    """One pass over the errors that an error leads to."""

    def __init__(self, secrets: tuple[object, ...], handled: BaseException | None) -> None:
        self._secrets = secrets
        self._names: dict[str, str] = {}  # keys of dicts, which repeat in every order, and what they become
        # With the original, because its id() may pass to another object once it is deleted.
        self._cleaned: dict[int, tuple[BaseException, BaseException]] = {}
        self._todo: list[BaseException] = []
        self._bots_own: dict[int, BaseException] = {}
        while handled is not None and id(handled) not in self._bots_own:
            self._bots_own[id(handled)] = handled
            handled = handled.__cause__ or handled.__context__

    def clean_all(self, error: BaseException) -> None:
        self._cleaned[id(error)] = (error, error)
        self._todo.append(error)
        with suppress(Exception):
            self._scrub(error)
        while self._todo:
            link = self._todo.pop()
            for name in ("__cause__", "__context__"):
                below = getattr(link, name)
                if below is not None and self._clean(below) is not below:
                    is_suppressed = link.__suppress_context__
                    setattr(link, name, self._clean(below))
                    link.__suppress_context__ = is_suppressed  # setting a cause sets it

    def _clean(self, error: BaseException) -> BaseException:
        """`error`, cleaned, or the plain error that replaces it.

        An error of another library may raise when somebody shows, reads or changes it. Then it is replaced.
        """
        if id(error) not in self._cleaned:
            self._cleaned[id(error)] = (error, error)
            cleaned = error
            if id(error) in self._bots_own:
                with suppress(Exception):
                    self._mask_message(error)
            elif self._resists(error):
                cleaned = self._plain(error)
            self._cleaned[id(error)] = (error, cleaned)
            self._todo.append(cleaned)
        return self._cleaned[id(error)][1]

    def _plain(self, error: BaseException) -> BaseException:
        try:
            plain = Exception(self._redact(f"{type(error).__name__}: {error}"))
        except Exception:
            plain = Exception(type(error).__name__)
        plain.__cause__, plain.__context__ = error.__cause__, error.__context__
        plain.__suppress_context__ = error.__suppress_context__
        plain.__traceback__ = error.__traceback__
        return plain

    def _scrub(self, error: BaseException) -> None:
        """Mask the texts that `error` holds, and drop values that are not plain."""
        self._mask_message(error)
        error.args = tuple(self._copy(one) for one in error.args)
        for name, value in [*vars(error).items()]:
            if name != "unresolved":  # the caller's own ids: an altered id loses sight of its order
                setattr(error, name, self._copy(value))

    def _resists(self, error: BaseException) -> bool:
        """Whether `error` shows or holds a value that cannot be removed.

        Some errors of aiohttp write their message from the request, whatever their ``args`` are. A decoding
        error holds the whole body. A group holds other errors.
        """
        writes_own = type(error).__str__ not in (Exception.__str__, OSError.__str__)
        try:
            if writes_own and not all(map(_is_plain, vars(error).values())):
                return True
            self._scrub(error)
            return self._leaks(error) or isinstance(error, UnicodeError) or hasattr(error, "exceptions")
        except Exception:
            return True

    def _copy(self, value: Any) -> Any:
        """A copy of `value` that holds plain values only, with its texts masked; None for anything else.

        JSON may be nested too deeply for recursion. A tuple is never part of JSON.
        """
        top = [value]
        todo: list[Any] = [top]
        copies: dict[int, Any] = {}  # by id, which the originals in `value` keep
        while todo:
            container = todo.pop()
            for key, item in [*(container.items() if isinstance(container, dict) else enumerate(container))]:
                copy = copies.get(id(item), item)
                if isinstance(item, str):
                    text = str.__str__(item)  # a subclass may compare as it likes
                    is_id = key in ("id", "clientOrderId") and len(text) <= _LONGEST_ID
                    masked = text if is_id else self._redact(text)
                    copy = item if masked == text else masked
                elif isinstance(item, BaseException):
                    copy = self._clean(item)
                elif isinstance(item, tuple):
                    copy = getattr(type(item), "_make", tuple)(map(self._copy, item))
                elif isinstance(item, (Mapping, list)):
                    if id(item) not in copies:
                        copy = self._with_names(item) if isinstance(item, Mapping) else [*item]
                        copies[id(item)] = copy
                        todo.append(copy)
                elif not _is_plain(item):
                    copy = None
                container[key] = copy
        return top[0]

    def _with_names(self, item: Mapping[Any, Any]) -> dict[Any, Any]:
        """A copy of `item` with its keys masked.

        Keys that become equal get numbers, because each value may be all that is known of an order.
        """
        copy: dict[Any, Any] = {}
        times: Counter[str] = Counter()
        for key, value in {**item}.items():
            masked = name = self._name(key)
            while name in copy:
                times[masked] += 1
                name = f"{masked} ({times[masked] + 1})"
            copy[name] = value
        return copy

    def _name(self, key: Any) -> Any:
        """The `key` of a dict, masked. JSON's keys are texts. A key of another library may hold anything."""
        if not isinstance(key, str):
            return key if key is None or isinstance(key, (int, float, Enum)) else MASK
        text = str.__str__(key)
        if text not in self._names:
            self._names[text] = self._redact(text)
        return self._names[text]

    def _mask_message(self, error: BaseException) -> None:
        if self._leaks(error):
            error.args = (self._redact(str(error)),)

    def _leaks(self, error: BaseException) -> bool:
        shown = f"{error} {error!r}"
        return self._redact(shown) != shown

    def _redact(self, text: str) -> str:
        return redact(text, self._secrets)


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (str, int, float, Enum, BaseException, Mapping, list))
