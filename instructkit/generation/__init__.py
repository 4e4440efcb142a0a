"""Rows that a model writes, fills or scores.

- `client`: asking a model, concurrently and within limits; each answer in a journal before it is used
- `prompting`: the prompts, files under ``prompts/``
- `bootstrapping`: new tasks from seed tasks (Self-Instruct, Alpaca, Unnatural Instructions, Magpie)
- `rowwise`: a model asked about each row: `respond`, `evolve`, `backtranslate`, `judge`, `induce`
- `novelty`: whether a text is unlike all of a pool, by ROUGE-L (`rouge`)
- `options`, `reading`: settings from a call's options; lists, keys and JSON in what models write
"""

JOURNAL = "instructkit-journal.db"  # in the working folder, unless another is named
