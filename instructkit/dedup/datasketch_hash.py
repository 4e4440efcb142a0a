"""Signatures as datasketch makes them, to the bit: of shingles as text, hashed by SHA-1."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.errors import UsageError
from instructkit.records.characters import token_texts


def shingle_bytes(text: str, ngram: int) -> Iterator[bytes]:
    """The shingles of a text: ``ngram`` tokens joined by a space, in UTF-8; of fewer tokens, all of them."""
    tokens = token_texts(text)
    width = min(ngram, len(tokens))
    if width:
        for start in range(len(tokens) - width + 1):
            yield " ".join(tokens[start : start + width]).encode()


def signatures_of(texts: pa.StringArray, ngram: int, permutations: int, scheme: str) -> npt.NDArray[np.uint32]:
    """The MinHash of each text (in NFC): uint32, texts x permutations."""
    try:
        from datasketch import MinHash  # type: ignore[import-untyped]
    except ImportError as error:
        raise UsageError("--hash datasketch needs datasketch 2: pip install 'datasketch>=2'") from error
    empty = MinHash(num_perm=permutations, scheme=scheme)
    found = np.empty((len(texts), permutations), np.uint32)
    for row, text in enumerate(texts.to_pylist()):
        signature = empty.copy()
        signature.update_batch(list(shingle_bytes(text, ngram)))
        found[row] = signature.hashvalues
    return found
