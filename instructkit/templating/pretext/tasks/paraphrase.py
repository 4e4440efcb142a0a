"""Paraphrase pairs: the same sentence in other words, or with names exchanged or a word turned to its opposite."""

from instructkit.templating.pretext.document import Passage
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.language.other_meaning import opposite, other_names
from instructkit.templating.pretext.language.same_meaning import same_meaning
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made, Task

_LENGTH = (40, 240)  # characters; Chinese half of it
_TRIES = 8


def paraphrase(passage: Passage, draws: Draws, pool: Pool) -> Made | None:
    """A sentence and one that means the same, or one that is nearly equal and means something else."""
    same = draws.chance(0.5)
    least, most = (size // (1 + passage.is_chinese) for size in _LENGTH)
    fitting = [one for one in passage.sentences if least <= len(one) <= most and not one.endswith(("?", "？"))]
    for sentence in draws.sample(fitting, _TRIES):
        if same:
            found = same_meaning(sentence, passage.is_chinese, draws)
        else:
            # in half of the pairs the other words differ too, so that equal words are no sign of equal meaning
            found = other_names(sentence, passage.mentions(sentence), draws) or opposite(
                sentence, passage.is_chinese, draws
            )
            if found is not None and draws.chance(0.5):
                again = same_meaning(found.text, passage.is_chinese, draws)
                found = found if again is None else again._replace(why=f"{found.why}; {again.why}")
        if found is not None and found.text != sentence:
            first, second = (sentence, found.text) if draws.chance(0.5) else (found.text, sentence)
            label = "paraphrase" if same else "not paraphrase"
            return Made({"sentence1": first, "sentence2": second, "label": label}, 0.8 if same else 0.85, found.why)
    return None


PARAPHRASE = Task(
    "paraphrase",
    "whether two sentences mean the same",
    "paraphrase-detection",
    ("sentence1", "sentence2", "label"),
    paraphrase,
    balanced="label",
    unfit=("en-role-forum", "zh-role-service", "zh-search"),
)
