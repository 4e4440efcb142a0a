"""What a run of ``filter`` is asked to do, and the examiners that do it."""

from dataclasses import dataclass
from typing import Any

from instructkit.errors import UsageError
from instructkit.filters import pii, toxicity
from instructkit.filters.examining import Examiner
from instructkit.filters.keywords import KeywordExaminer, parse_keywords
from instructkit.filters.language import LanguageExaminer, parse_languages
from instructkit.filters.perplexity import parse_perplexity
from instructkit.filters.rules.presets import chosen_rules
from instructkit.filters.ruling import RuleExaminer


@dataclass(frozen=True)
class FilterSettings:
    """Which rows may stay.

    Raises `UsageError` for modes, rules and codes that are none.
    """

    preset: str = "instruction"
    rules: tuple[str, ...] = ()  # NAME, NAME=VALUE or NAME=off
    keywords: tuple[str, ...] = ()  # FILE[:drop|:keep]
    language: str | None = None  # codes, e.g. en,zh[:T]
    perplexity: str | None = None  # MODEL[:T]
    toxicity: str = "off"
    pii: str = "off"
    tag: bool = False  # write what the rules measure as columns, and drop nothing
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("rules", "keywords"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if self.toxicity not in toxicity.MODES:
            raise UsageError(f"toxicity is one of {', '.join(toxicity.MODES)}, not {self.toxicity!r}")
        if self.pii not in pii.MODES:
            raise UsageError(f"pii is one of {', '.join(pii.MODES)}, not {self.pii!r}")

    def examiners(self) -> list[Examiner]:
        """What looks at the rows, in the order of their columns and reasons."""
        examiners: list[Examiner] = [RuleExaminer(chosen_rules(self.preset, self.rules))]
        examiners += [KeywordExaminer(parse_keywords(text)) for text in self.keywords]
        if self.language is not None:
            examiners.append(LanguageExaminer(*parse_languages(self.language)))
        if self.perplexity is not None:
            examiners.append(parse_perplexity(self.perplexity))
        if self.toxicity != "off":
            examiners.append(toxicity.ToxicityExaminer(self.toxicity))
        if self.pii != "off":
            examiners.append(pii.PiiExaminer(self.pii))
        return examiners

    @property
    def seed_used(self) -> int | None:
        """The seed, where a random choice hangs on it."""
        return self.seed if self.pii == "pseudonym" else None

    def told(self) -> dict[str, Any]:
        """The arguments as the lineage tells them: what differs from doing nothing, and no secret."""
        told = {
            "preset": self.preset,
            "rules": self.rules,
            "keywords": self.keywords,
            "language": self.language,
            "perplexity": self.perplexity,
            "toxicity": self.toxicity,
            "pii": self.pii,
            "tag": self.tag,
        }
        return {name: value for name, value in told.items() if value not in (None, (), "off", False)}
