"""Examples to JSON lines in each format, beside a plain loop of json.dumps.

python benchmarks/export.py [ROWS [memory]]
"""

import json
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
from measure import medians, rows_file, run_pipe, timed

import instructkit as ik

RUNS = 5
FORMATS = {
    "alpaca": {"to": "alpaca"},
    "sharegpt": {"to": "sharegpt"},
    "openai": {"to": "openai"},
    "prompt-completion": {"to": "prompt-completion"},
    "trl": {"to": "trl"},
    "p3": {"to": "p3"},
    "text by chatml": {"to": "text", "chat_template": "chatml"},
}


def loop(source: Path, target: Path) -> None:
    """What a script would do: a dictionary of messages for each row, and json.dumps."""
    with pa.OSFile(str(source), "rb") as file, open(target, "w", encoding="utf-8") as out:
        for batch in pa.ipc.open_stream(file):
            for row in batch.to_pylist():
                asked = row["instruction"] + ("\n\n" + row["input"] if row["input"] else "")
                turns = [{"role": "system", "content": row["system"]}] if row["system"] else []
                turns += [*row["history"], {"role": "user", "content": asked}]
                turns.append({"role": "assistant", "content": row["output"]})
                out.write(json.dumps({"messages": turns}, ensure_ascii=False) + "\n")


def memory(rows: int) -> None:
    """Print the peaks of ``rows`` and of a tenth of them."""
    print("| options | " + " | ".join(f"{count:,} rows, MB" for count in (rows // 10, rows)) + " | ratio |")
    print("|---|---|---|---|")
    peaks: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for count in (rows // 10, rows):
            examples = f"{folder}/examples-{count}.arrow"
            run_pipe(f"format {rows_file(count, Path(folder))} --task sentiment -o {examples}")
            for options in ("--to alpaca", "--to openai", "--to sharegpt --card"):
                usage = run_pipe(f"export {examples} {options} -o {folder}/out.jsonl")
                peaks.setdefault(options, []).append(max(usage.peaks))
    for options, (small, large) in peaks.items():
        print(f"| `{options}` | {small:.0f} | {large:.0f} | {large / small:.2f} |")


def main(rows: int) -> None:
    """Print rows a second."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "rows.arrow", Path(folder) / "out.jsonl"
        ik.write(ik.format([str(rows_file(rows, Path(folder)))], task="sentiment"), str(source))
        print(f"{rows:,} rows, {source.stat().st_size / 1e6:.0f} MB of Arrow, median of {RUNS} runs that take turns\n")

        def export(options: dict[str, str], ending: str = "jsonl") -> None:
            made = ik.export(ik.read(str(source)), columns=("none",), **options)
            ik.write(made, str(target.with_suffix(f".{ending}")))

        measures = [lambda options=options: timed(lambda: export(options)) for options in FORMATS.values()]
        parquet = [lambda: timed(lambda: export(FORMATS["trl"], "parquet"))]
        found = medians(RUNS, lambda: timed(lambda: loop(source, target)), *measures, *parquet)
        print("| Arrow to | rows a second | of the loop |\n|---|---|---|")
        for name, seconds in zip(["messages, a loop of json.dumps", *FORMATS, "trl, as .parquet"], found, strict=True):
            print(f"| {name} | {rows / seconds:,.0f} | {found[0] / seconds:.2f} |")


if __name__ == "__main__":
    measure = memory if "memory" in sys.argv else main
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
