"""Rows of existing datasets to examples, by task packs.

- `packs`: the library of packs and bindings, read from YAML; `binding`: which column fills which role
- `columns`: a role's values; `labels`: from label values to words; `render`: templates over columns
- `phrase`: a batch of raw rows to examples; `formatting.format`: the step
"""

from instructkit.templating.formatting import format
from instructkit.templating.planning import FormatSettings

__all__ = ["FormatSettings", "format"]
