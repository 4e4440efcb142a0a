"""What a run of ``filter`` is asked to do, and the examiners that do it."""

from dataclasses import dataclass, field
from typing import Any

from instructkit.errors import UsageError
from instructkit.filters.examining import Examiner
from instructkit.filters.rule import RULES
from instructkit.filters.rules.presets import chosen_rules
from instructkit.filters.ruling import RuleExaminer

PROMPT = {"instruction", "input", "history", "system"}


@dataclass(frozen=True)
class FilterSettings:
    """Which rows may stay, and what is told of or changed in them.

    Raises `UsageError` for modes that are none, and options without effect.
    """

    preset: str = "instruction"
    rules: tuple[str, ...] = ()  # NAME, NAME=VALUE or NAME=off
    keywords: tuple[str, ...] = ()  # FILE[:keep]
    language: tuple[str, ...] = ()  # [FIELD=]CODES[:T], e.g. en,zh:0.8
    score: tuple[str, ...] = ()  # COLUMN:LEAST[:MOST]
    perplexity: str | None = None  # MODEL[:T]
    classifier: tuple[str, ...] = ()  # MODEL[:LABEL[:T]]
    classify: str = "output"  # the texts that classifiers are asked about
    toxicity: str = "off"  # off, tag[:T], drop[:T]
    pii: str = "off"  # off, tag, mask, pseudonym, drop
    pii_types: str | None = None  # names, -NAME or +NAME
    pii_key: str | None = field(default=None, repr=False)  # the key itself, env:NAME or file:PATH
    pii_ner: str | None = None  # MODULE:FUNCTION
    text: str | None = None  # the rows are plain text, this their column
    tag: bool = False  # write what the rules measure as columns, and drop nothing
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("rules", "keywords", "language", "score", "classifier"):
            given = getattr(self, name)
            object.__setattr__(self, name, (given,) if isinstance(given, str) else tuple(given or ()))
        if self.classify != "output" and not self.classifier:
            raise UsageError("--classify says what classifiers are asked about: name one by --classifier")
        if self.text is not None and self.classify != "output":
            raise UsageError(f"--classify {self.classify}: plain text (--text) has no prompt")
        if self.toxicity != "off":
            from instructkit.filters.toxicity import parse_toxicity

            parse_toxicity(self.toxicity)
        if self.pii != "off":
            from instructkit.filters.pii import MODES

            if self.pii not in MODES:
                raise UsageError(f"pii is one of {', '.join(MODES)}, not {self.pii!r}")
        for name in ("pii_types", "pii_ner", "pii_key"):
            if getattr(self, name) is not None and self.pii == "off":
                raise UsageError(f"--{name.replace('_', '-')} is of use with --pii tag, mask, ... alone")
        if self.pii_key is not None and self.pii != "pseudonym":
            raise UsageError("--pii-key is of use with --pii pseudonym alone")

    def examiners(self) -> list[Examiner]:
        """What looks at the rows, in the order of their columns and reasons.

        Raises `UsageError` for rules, codes, labels and types that are none, `BadInput` for files that can't be read.
        """
        rules = chosen_rules(self.preset, self.rules)
        if self.text is not None:  # which has no prompt
            rules = {name: value for name, value in rules.items() if not set(RULES[name].columns) <= PROMPT}
        examiners: list[Examiner] = [RuleExaminer(rules)]
        # each is loaded where it is asked for: their patterns, loops and models take a while
        if self.keywords:
            from instructkit.filters.keywords import KeywordExaminer, parse_keywords

            examiners += [KeywordExaminer(parse_keywords(text)) for text in self.keywords]
        if self.language:
            from instructkit.filters.language import parse_languages

            examiners += [
                parse_languages(text, tells_all=self.tag, plain=self.text is not None) for text in self.language
            ]
        if self.score:
            from instructkit.filters.scores import parse_score

            examiners += [parse_score(text) for text in self.score]
        if self.perplexity is not None:
            from instructkit.filters.perplexity import parse_perplexity

            examiners.append(parse_perplexity(self.perplexity))
        if self.classifier:
            from instructkit.filters.classifiers import parse_classifier

            examiners += [parse_classifier(text, self.classify, tells_all=self.tag) for text in self.classifier]
        if self.toxicity != "off":
            from instructkit.filters.toxicity import ToxicityExaminer, parse_toxicity
            from instructkit.filters.toxicity.examiner import THRESHOLD

            mode, threshold = parse_toxicity(self.toxicity)
            least = THRESHOLD if threshold is None else threshold
            examiners.append(ToxicityExaminer(mode, least, tells_all=self.tag))
        if self.pii != "off":
            from instructkit.filters.pii import DEFAULT_TYPES, PiiExaminer, parse_types, read_key

            types = DEFAULT_TYPES if self.pii_types is None else parse_types(self.pii_types)
            key = None if self.pii_key is None else read_key(self.pii_key)
            examiners.append(PiiExaminer(self.pii, types, key, self.seed, ner=self.pii_ner))
        return examiners

    @property
    def seed_used(self) -> int | None:
        """The seed, where a random choice hangs on it."""
        return self.seed if self.pii == "pseudonym" and self.pii_key is None else None

    def told(self) -> dict[str, Any]:
        """The arguments as the lineage tells them: what differs from doing nothing, and no secret."""
        names = ("preset", "rules", "keywords", "language", "score", "perplexity", "classifier", "toxicity", "pii",
                 "pii_types", "pii_ner", "text", "tag")  # fmt: skip
        told = {name: getattr(self, name) for name in names}
        told["classify"] = self.classify if self.classifier else None
        return {name: value for name, value in told.items() if value not in (None, (), "off", False)}
