"""Which language a text is in, and the rows in others than asked.

`scripts` tells what the letters tell, `identifying` asks fastText for the rest, `examiner` is the part of a filter.
"""

from instructkit.filters.language.examiner import LanguageExaminer, parse_languages
from instructkit.filters.language.identifying import UNKNOWN, identify, identify_all

__all__ = ["UNKNOWN", "LanguageExaminer", "identify", "identify_all", "parse_languages"]
