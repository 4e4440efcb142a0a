"""Pseudonyms: for a value another of the same form, the same one wherever the value stands in the run.

Which one hangs on BLAKE2b of key, type and value alone, so it is the same for any workers and batches. Without the
key nobody can tell whose pseudonym it is, nor try values out; without a given key the seed takes its place, and then
anybody who knows the seed can.
"""

import functools
import hashlib
import os
from collections.abc import Sequence
from typing import TypeVar

from instructkit.errors import UsageError
from instructkit.filters.pii.naming import narrow, normal

One = TypeVar("One")


class Draws:
    """Numbers drawn for one value: an endless stream of BLAKE2b blocks."""

    def __init__(self, secret: bytes, kind: str, value: str) -> None:
        self._hash = hashlib.blake2b(f"{kind}\0{value}".encode(), key=secret, person=b"pii pseudonym")
        self._block = 0
        self._bytes = b""

    def below(self, limit: int) -> int:
        """A number from 0, less than ``limit``."""
        size = 8
        if len(self._bytes) < size:
            block = self._hash.copy()
            block.update(b"\0%d" % self._block)
            self._block += 1
            self._bytes += block.digest()
        taken, self._bytes = self._bytes[:size], self._bytes[size:]
        return int.from_bytes(taken, "big") % limit

    def choose(self, among: Sequence[One]) -> One:
        """One of several."""
        return among[self.below(len(among))]

    def like(self, text: str) -> str:
        """Digits for digits, letters for letters in their case; other signs stay."""
        return "".join(
            self.choose("0123456789")
            if one in "0123456789"
            else self.choose("abcdefghijklmnopqrstuvwxyz")
            if one.isascii() and one.islower()
            else self.choose("ABCDEFGHJKLMNPQRSTUVWXYZ")
            if one.isascii() and one.isupper()
            else one
            for one in text
        )


class Pseudonyms:
    """The pseudonyms of a run."""

    def __init__(self, key: bytes | None, seed: int) -> None:
        secret = b"seed %d" % seed if key is None else b"key " + key
        self._secret = hashlib.blake2b(secret, digest_size=32).digest()

    def of(self, kind: str, value: str) -> str:
        """The pseudonym of a value, in the form the value is written in."""
        return _made(self._secret, kind, value)


@functools.lru_cache(maxsize=1 << 14)
def _made(secret: bytes, kind: str, value: str) -> str:
    from instructkit.filters.pii.fictions import FICTIONS

    return FICTIONS[kind](narrow(value), Draws(secret, kind, normal(kind, value)))


def read_key(text: str) -> bytes:
    """Read ``--pii-key``: ``env:NAME`` is the value of a variable, ``file:PATH`` what a file holds, else it is the key.

    Space around what a file or variable holds is no part of the key. Raises `UsageError` where there is none.
    """
    kind, _, name = text.partition(":")
    if kind == "env":
        value = os.fsencode(os.environ.get(name, "").strip())
        if not value:
            raise UsageError(f"the variable {name!r} that should hold the key is not set or empty")
        return value
    if kind == "file":
        try:
            with open(name, "rb") as file:
                value = file.read().strip()
        except OSError as error:
            raise UsageError(f"the file {name!r} that should hold the key can't be read: {error.strerror}") from error
        if not value:
            raise UsageError(f"the file {name!r} that should hold the key is empty")
        return value
    if not text:
        raise UsageError("the key is empty; give the key itself, env:NAME or file:PATH")
    return os.fsencode(text)  # bytes that are no UTF-8 are a key too
