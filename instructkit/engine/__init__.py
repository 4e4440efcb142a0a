"""How a step is run: in this process, or on this machine's cores.

- `mapping.map_batches` runs a row-wise step over batches, in order, with a bounded look-ahead.
- `jit.jit` compiles a loop over Arrow buffers once and keeps the machine code.
- `spool.Spool` keeps on disk what a whole-set step must see twice.
- `sandbox` runs Jinja from anywhere, within `bounds`: what one rendering may use up.

A step is a plain function ``RecordBatch -> result``; an engine for a Ray cluster will stand beside
`mapping` and hand the same functions to ``ray.data.Dataset.map_batches(batch_format="pyarrow")``.
"""

from instructkit.engine.mapping import default_workers, map_batches, map_ordered
from instructkit.engine.spool import Spool

__all__ = ["Spool", "default_workers", "map_batches", "map_ordered"]
