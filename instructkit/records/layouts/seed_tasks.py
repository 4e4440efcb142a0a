"""Self-Instruct's seed tasks: an instruction with several instances, each an example."""

import numpy as np
import pyarrow as pa

from instructkit.records.hashing import canonical_json
from instructkit.records.layouts.layout import Converted, Layout
from instructkit.records.schema import as_text


def as_string(value: object) -> str:
    """A value as text; null is none."""
    return "" if value is None else value if isinstance(value, str) else canonical_json(value)


def _why(schema: pa.Schema) -> str | None:
    if "instruction" not in schema.names or "instances" not in schema.names:
        return None
    kind = schema.field("instances").type
    if not (pa.types.is_list(kind) and pa.types.is_struct(kind.value_type)):
        return None
    return "it has an instruction with instances"


def _convert(batch: pa.RecordBatch) -> Converted:
    instructions = batch.column("instruction").to_pylist()
    names = as_text(batch.column("id")).to_pylist() if "id" in batch.schema.names else [""] * batch.num_rows
    rows, ids, bad = [], [], []
    examples: dict[str, list[str]] = {"instruction": [], "input": [], "output": []}
    for row, instances in enumerate(batch.column("instances").to_pylist()):
        if not instructions[row] or not instances:
            bad.append((row, "no_instances" if instructions[row] else "no_instruction", "the task is incomplete"))
            continue
        for number, instance in enumerate(instances):
            if not isinstance(instance, dict):
                bad.append((row, "no_instances", f"instance {number + 1} of the task is null"))
                continue
            rows.append(row)
            ids.append(f"{names[row]}-{number}" if names[row] and len(instances) > 1 else names[row] or "")
            examples["instruction"].append(instructions[row])
            examples["input"].append(as_string(instance.get("input")))
            examples["output"].append(as_string(instance.get("output")))
    values = {name: pa.array(texts, pa.string()) for name, texts in examples.items()}
    values["id"] = pa.array(ids, pa.string())
    values["parent"] = pa.array([str(names[row] or "") for row in rows], pa.string())
    return Converted(values, np.array(rows, np.int64), bad)


def _used(schema: pa.Schema) -> list[str]:
    return [name for name in ("id", "instruction", "instances") if name in schema.names]


SEED_TASKS = Layout("seed-tasks", _why, _used, _convert)
