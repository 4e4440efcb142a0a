"""instructkit: curate instruction-tuning data, as a library and as commands that chain in a pipe.

    import instructkit as ik

    rows = ik.format(["reviews.csv"], task="sentiment")
    rows = ik.filter(ik.dedup(rows, threshold=0.8), language="en,zh")
    ik.write(ik.mix(rows, cap=5000), "train/")

Every step takes a ``pyarrow.RecordBatchReader`` (or whatever has ``__arrow_c_stream__``) and gives one.
Names load on first use, so importing the package costs next to nothing.
"""

import sys
import types
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from instructkit.dedup import dedup as dedup
    from instructkit.errors import InstructkitError as InstructkitError
    from instructkit.filters import filter as filter
    from instructkit.filters.checks import check as check
    from instructkit.generation.bootstrapping import self_instruct as self_instruct
    from instructkit.generation.rowwise.backtranslate import backtranslate as backtranslate
    from instructkit.generation.rowwise.evolve import evolve as evolve
    from instructkit.generation.rowwise.induce import induce as induce
    from instructkit.generation.rowwise.judge import judge as judge
    from instructkit.generation.rowwise.respond import respond as respond
    from instructkit.mixing import mix as mix
    from instructkit.mixing.splitting import split as split
    from instructkit.mixing.splitting import split_to as split_to
    from instructkit.records.exporting import export as export
    from instructkit.records.lineage import lineage as lineage
    from instructkit.records.reading import read as read
    from instructkit.records.stream import counts as counts
    from instructkit.records.writing import write as write
    from instructkit.reports.stats import stats as stats
    from instructkit.templating import format as format
    from instructkit.templating.inversion import invert as invert
    from instructkit.templating.pretext import pretext as pretext

_HOME = {
    "InstructkitError": "instructkit.errors",
    "backtranslate": "instructkit.generation.rowwise.backtranslate",
    "check": "instructkit.filters.checks",
    "counts": "instructkit.records.stream",
    "dedup": "instructkit.dedup",
    "evolve": "instructkit.generation.rowwise.evolve",
    "export": "instructkit.records.exporting",
    "filter": "instructkit.filters",
    "format": "instructkit.templating",
    "induce": "instructkit.generation.rowwise.induce",
    "invert": "instructkit.templating.inversion",
    "judge": "instructkit.generation.rowwise.judge",
    "lineage": "instructkit.records.lineage",
    "mix": "instructkit.mixing",
    "pretext": "instructkit.templating.pretext",
    "read": "instructkit.records.reading",
    "respond": "instructkit.generation.rowwise.respond",
    "self_instruct": "instructkit.generation.bootstrapping",
    "split": "instructkit.mixing.splitting",
    "split_to": "instructkit.mixing.splitting",
    "stats": "instructkit.reports.stats",
    "write": "instructkit.records.writing",
}


class _Package(types.ModuleType):
    """Loads names on first use, and keeps ``instructkit.dedup`` the function where a folder has its name too."""

    def __getattr__(self, name: str) -> Any:
        import importlib

        if name in _HOME:
            return getattr(importlib.import_module(_HOME[name]), name)
        raise AttributeError(f"module 'instructkit' has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _HOME and isinstance(value, types.ModuleType):
            return  # the import of a folder binds it here; sys.modules has it anyway
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return ["__version__", *_HOME]


sys.modules[__name__].__class__ = _Package
