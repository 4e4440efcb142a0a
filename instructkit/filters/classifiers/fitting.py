"""One run of fastText's training, in a process of its own.

With one thread fastText sets only a tenth of its first matrix and takes the rest from fresh memory as it finds it
(facebookresearch/fastText, issue 1061). There glibc is told to hand out memory as zeros, so that equal rows and seed
give equal bytes; a process can be told so only when it starts.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from instructkit.errors import BadInput

_ZEROED_MEMORY = "glibc.malloc.tcache_count=0:glibc.malloc.perturb=255"  # a byte is filled with the complement of 255
_CHILD = """
import sys
sys.path.pop(0)  # the current folder: nothing in it may stand for fastText
import json
import fasttext
given = json.load(sys.stdin)
try:
    model = fasttext.train_supervised(**given["train"])
    if given["quantize"]:
        model.quantize(**given["quantize"])
    model.save_model(given["output"])
except (ValueError, RuntimeError, MemoryError) as error:
    sys.exit(f"fastText: {error}")
"""


def fit(train: dict[str, Any], quantize: dict[str, Any] | None, output: Path) -> None:
    """Train with fastText's own arguments, quantize where asked, and save.

    Raises `BadInput` where fastText finds too little in the rows.
    """
    given = json.dumps({"train": train, "quantize": quantize, "output": str(output)})
    done = subprocess.run(
        [sys.executable, "-c", _CHILD],
        input=given,
        env={**os.environ, "GLIBC_TUNABLES": _ZEROED_MEMORY},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        why = said[-1] if said else f"it ended with {done.returncode}"
        raise BadInput(
            f"the classifier could not be trained ({why}); give more rows, a lower --learning-rate, or write a .bin"
        )
