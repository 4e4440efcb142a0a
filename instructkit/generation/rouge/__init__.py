"""ROUGE-L of a text with all of a pool: `novelty` over lists of tokens.

`tokens` parts a text, `score` is the formula. `pool.Pool` keeps the texts: few are compared one by one; for many,
`rare_tokens` keeps an `index` of each text's rarest tokens, and `search` looks in it by compiled `loops`.
"""
