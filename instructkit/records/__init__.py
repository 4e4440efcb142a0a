"""What an example is, and how it is read and written.

- `schema`: the ten columns; `stream`: a stream with its lineage and counts; `lineage`: telling it
- `sources`, `containers`: names and file types; `layouts`: what the rows hold; `examples`: raw rows to examples
- `reading.read`, `writing.write`: the two ends; `part`: outputs that appear whole or not at all
- `rejects`: where dropped rows go; `hashing`: ids and draws; `batching`: equal rows, equal bytes
- `yaml_files`: YAML by a safe loader
"""
