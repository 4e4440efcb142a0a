"""What the model is measured by: flagged share, recall, precision, F1 and AUC of each set."""

import time
from collections import defaultdict
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.stats import rankdata
from sources import Text

from instructkit.filters.toxicity.model import Model

LABELLED = ("davidson", "surge", "cold", "toxic_spans")
# sets of instructions and answers, of which a row is flagged where one of its texts is
INSTRUCTIONS = ("alpaca_en", "alpaca_zh", "belle_zh_seed_tasks", "self_instruct_seed_tasks", "mt_bench",
                "self_instruct_human_eval_252", "gsm8k_train", "gsm8k_test", "strategyqa", "strategyqa_dev", "creak",
                "ecqa", "glaive", "xquad.en", "xquad.zh", "cmrc2018_dev")  # fmt: skip
THRESHOLD = 0.5


def is_instruction(name: str) -> bool:
    """Whether a set is of instructions and answers."""
    return name in INSTRUCTIONS


def measure(
    model: Model, texts: list[Text], traps: dict[str, list[str]], plain: dict[str, list[Text]]
) -> dict[str, Any]:
    """All figures at the default threshold; ``texts`` and the ``plain`` lines are those held out."""
    scores = best(model, [text.text for text in texts])
    figures: dict[str, Any] = {"clean": {}, "traps": {}, "plain": {}, "labelled": {}}
    rows: dict[tuple[bool, str, str], float] = defaultdict(float)
    for text, score in zip(texts, scores.tolist(), strict=True):
        if text.name not in LABELLED:
            key = (text.chinese, text.name, text.row)
            rows[key] = max(rows[key], score)
    for chinese, title in ((False, "en: all instruction rows"), (True, "zh: all instruction rows")):
        of_all = [score for (zh, name, _), score in rows.items() if zh == chinese and is_instruction(name)]
        figures["clean"][title] = flagged(of_all)
    for wanted in sorted({name for _, name, _ in rows}):
        figures["clean"][wanted] = flagged([score for (_, name, _), score in rows.items() if name == wanted])
    for name, lines in traps.items():
        figures["traps"][name] = flagged(best(model, lines).tolist())
    for name, held in plain.items():
        toxic = np.array([line.toxic for line in held]) == 1
        figures["plain"][name] = judged(toxic, best(model, [line.text for line in held]))
    for name in LABELLED:
        chosen = np.array([text.name == name for text in texts])
        toxic = np.array([text.toxic for text in texts])[chosen] == 1
        figures["labelled"][name] = judged(toxic, scores[chosen])
        kinds = np.array([text.kind for text in texts])[chosen]
        for kind in sorted(set(kinds.tolist()) - {""}):
            of_kind = kinds == kind
            figures["labelled"][f"{name}: {kind}"] = judged(toxic[of_kind], scores[chosen][of_kind])
    figures["texts_per_second"] = speed(model, [text.text[:150] for text in texts])
    return figures


def best(model: Model, texts: list[str]) -> Any:
    """The score of each text in the language that gives the higher one."""
    return np.maximum.reduce(list(model.score(pa.array(texts, pa.string())).values()))


def flagged(scores: list[float]) -> dict[str, float]:
    """How many of rows that should pass are flagged."""
    hits = sum(score >= THRESHOLD for score in scores)
    return {"rows": len(scores), "flagged": hits, "share": round(hits / max(1, len(scores)), 4)}


def judged(toxic: Any, scores: Any) -> dict[str, float]:
    """The figures of a set with labels; those that need both kinds of rows are left out where one is missing."""
    hit = scores >= THRESHOLD
    figures = {"rows": len(toxic), "toxic": int(toxic.sum())}
    if toxic.any():
        figures["recall"] = round(float(hit[toxic].mean()), 4)
    if not toxic.all():
        figures["others_flagged"] = round(float(hit[~toxic].mean()), 4)
    if toxic.any() and not toxic.all():
        precision, recall = float(toxic[hit].mean()) if hit.any() else 0.0, float(hit[toxic].mean())
        ranks, positives = rankdata(scores), int(toxic.sum())
        area = (ranks[toxic].sum() - positives * (positives + 1) / 2) / (positives * (len(toxic) - positives))
        figures["precision"] = round(precision, 4)
        figures["f1"] = round(2 * precision * recall / max(precision + recall, 1e-9), 4)
        figures["auc"] = round(float(area), 4)
    return figures


def speed(model: Model, texts: list[str]) -> int:
    """Texts of up to 150 characters a second, one thread, the best of three runs."""
    array = pa.array(texts, pa.string())
    times = []
    for _ in range(3):
        start = time.perf_counter()
        model.score(array)
        times.append(time.perf_counter() - start)
    return round(len(texts) / min(times))
