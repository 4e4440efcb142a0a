"""The template library, and what fills its roles.

- `packs`: task packs and bindings from YAML; `libraries`: template files from elsewhere, `promptsource`
- `binding`: which column fills which role; `columns`: a role's values; `labels`: from label values to words
- `catalogue`, `showing`: what `templates list` and `show` tell
"""
