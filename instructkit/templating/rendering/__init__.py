"""Templates over columns.

- `render`: a template and its program; `program`: how one is turned into column operations
- `joining`: plain templates in one compiled pass
"""
