"""Check template files before their templates are put to data: packs, bindings, PromptSource's files, FLAN's patterns.

- `lint.lint`: all files of some paths; `findings`: the table of checks
- `reading`: YAML and JSON with the lines of what is in them; `keys`: the keys of entries and the types of their values
- `pack`: names, roles, languages; `phrasing`: the templates; `rendering`: what they make of rows
- `bindings`, `foreign`: the other kinds of files
"""
