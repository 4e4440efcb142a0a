"""Texts as vectors: the extra ``embed`` (wordllama, whose weights lie in its package)."""

import functools
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import UsageError

Vectors = npt.NDArray[np.float32]

CHARACTERS = 2_000  # of a text that are embedded


@functools.cache
def _model() -> Any:
    try:
        import wordllama
    except ImportError as error:
        raise UsageError("embeddings need the extra embed: pip install 'instructkit[embed]'") from error
    # the weights are in the package; nothing is fetched
    return wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)


def embed(texts: pa.StringArray) -> Vectors:
    """A vector of length one for each text: float32, texts x dimensions; zeros for a text without known words."""
    said = pc.utf8_slice_codeunits(pc.fill_null(texts, ""), 0, CHARACTERS).to_pylist()
    model = _model()
    if not said:
        return np.zeros((0, 1), np.float32)
    found: Vectors = np.nan_to_num(np.asarray(model.embed(said, norm=False), np.float32))
    norms = np.linalg.norm(found, axis=1, keepdims=True)
    found = np.divide(found, norms, out=np.zeros_like(found), where=norms > 0)
    return found
