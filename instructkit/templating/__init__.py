"""Rows of existing datasets to examples, by templates.

- `formatting.format`: the step; `planning`: which task, columns and templates a source gets; `phrase`: a batch of rows
- `templates`: what the step needs of templates; `pack_templates`: task packs; `prompt_templates`: PromptSource's
- `super_natural`: definitions and examples of Super-NaturalInstructions tasks
- `library/`: packs, bindings and foreign files; `rendering/`: templates over columns, in a bounded sandbox
- `prompting/`: answer choices, symbols, demonstrations; `linting/`: template files checked
"""

from instructkit.templating.formatting import format
from instructkit.templating.planning import FormatSettings

__all__ = ["FormatSettings", "format"]
