"""Which language a text is in, and the rows in others than asked: `identifying`."""

from instructkit.filters.language.identifying import identify, other_language, parse_languages

__all__ = ["identify", "other_language", "parse_languages"]
