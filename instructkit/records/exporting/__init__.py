"""``export``: examples in the formats that trainers read, the way back from ``records/layouts``.

- `settings`: what is asked for, and which names there are
- `exporting`: the step; `exporter`: what it does to a batch
- `conversation`: an example as turns, with the keys that its turns had in the file they came from
- `flat`: alpaca, prompt and completion, P3; `turns`: sharegpt, messages; `openai`: what OpenAI's rules refuse
- `chat_template`: plain text by a model's own template; those that come with instructkit lie in ``chat_templates/``
- `columns`: what rides along; `optional`: columns that are written where a row has something in them
"""

from instructkit.records.exporting.exporting import Exported, export
from instructkit.records.exporting.settings import ExportSettings

__all__ = ["ExportSettings", "Exported", "export"]
