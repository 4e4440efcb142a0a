"""A model asked about each row.

`rows` is what a step sees of a row and makes of it, run over batches in order; `stepping` makes a step of a recipe. The
recipes: `respond` (outputs), `evolve` (harder prompts), `backtranslate` (prompts for texts), `judge` (scores). `induce`
asks about groups of rows: the instruction they follow.
"""
