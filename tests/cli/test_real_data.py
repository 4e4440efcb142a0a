"""Real datasets through the whole way, with no row unaccounted for."""

import json
from pathlib import Path

import datasets
import pyarrow as pa

import instructkit as ik
from tests.conftest import Cli

UNDERSTOOD = [
    "classic/xquad.en.json",
    "classic/xquad.zh.json",
    "classic/gsm8k_train.jsonl",
    "classic/strategyqa_dev.json",
    "formats/alpaca_en_demo.json",
    "formats/alpaca_zh_demo.json",
    "formats/c4_demo.jsonl",
    "formats/fastchat_dummy_conversation.json",
    "formats/glaive_toolcall_en_demo.json",
    "formats/oasst_en_100_tree.jsonl",
    "formats/v1_sft_demo.jsonl",
    "formats/wiki_demo.txt",
]


def summary(cli: Cli, name: str) -> dict[str, int]:
    counts: dict[str, int] = json.loads((cli.folder / f"{name}.json").read_text())
    assert counts["rows_in"] == counts["rows_out"] + counts["rows_dropped"], name
    rejects = ik.read(str(cli.folder / f"{name}.rejects.parquet"), layout="parquet").read_all()
    assert rejects.num_rows == counts["rows_dropped"], name
    assert all(rejects["reasons"].to_pylist()), name
    return counts


def test_public_datasets_go_all_the_way_and_open_in_datasets(cli: Cli, real_data: Path) -> None:
    def told(name: str) -> list[str]:
        return ["--summary", f"{name}.json", "--rejects", f"{name}.rejects.parquet", "-q"]

    polarity = real_data / "classic" / "sentence_polarity"
    for end, label in (("neg", "negative"), ("pos", "positive")):
        cli.ok("format", polarity / f"rt-polarity.{end}", "--from", "txt", "--task", "sentiment", "--map",
               f"label=={label}", "-o", f"{end}.arrow", *told(end))  # fmt: skip
    cli.ok("format", *(real_data / name for name in UNDERSTOOD), "-o", "rest.arrow", *told("rest"))
    cli.ok("dedup", "neg.arrow", "pos.arrow", "rest.arrow", "-o", "unique.arrow", *told("dedup"))
    cli.ok("filter", "unique.arrow", "-o", "clean.arrow", *told("filter"))
    cli.ok("mix", "clean.arrow", "--cap", 1000, "-o", "out/", *told("mix"))
    counts = {name: summary(cli, name) for name in ("neg", "pos", "rest", "dedup", "filter", "mix")}
    assert counts["neg"]["rows_in"] == counts["pos"]["rows_in"] == 5331
    assert counts["dedup"]["rows_in"] == sum(counts[name]["rows_out"] for name in ("neg", "pos", "rest"))
    assert counts["filter"]["rows_in"] == counts["dedup"]["rows_out"]
    assert counts["mix"]["rows_in"] == counts["filter"]["rows_out"]
    opened = datasets.load_from_disk(str(cli.folder / "out"))
    assert len(opened) == counts["mix"]["rows_out"]
    assert max(pa.array(opened["task"]).value_counts().field("counts").to_pylist()) == 1000
    # next to nothing of well-kept data is dropped for being short, repetitive or cut
    assert counts["filter"]["rows_dropped"] < 0.01 * counts["filter"]["rows_in"]
