"""What a page of text is made of, counted in one compiled pass: words, lines, paragraphs, repetition.

`characters` is the table of characters, `words` cuts a text as spaCy's English tokenizer does, `lines` counts lines and
paragraphs, `repetition` n-grams; `profiling` runs them over a column.
"""

from instructkit.filters.profile.profiling import Profile, profile

__all__ = ["Profile", "profile"]
