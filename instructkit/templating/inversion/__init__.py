"""Tasks and finished examples turned round: what was given is asked for, and what was asked for is given.

- `inverting.invert`: the step; `parents`: an exact share; `examples`: a batch, by the phrasings that made it;
  `general`: where none is known; `pieces`, `weaving`: what was made put together
- `derive`: what a task's roles allow; `kinds`: the ways to ask, from ``templates/inversions.yaml``
- `inverse_templates`: the phrasings over columns, put only where nothing is given away; `prompts`: PromptSource's
- `recovering`: roles read back from examples; `folding`, `forms`: texts compared without case and
  punctuation, in whatever form their characters are
"""

from instructkit.templating.inversion.inverting import InvertSettings, invert

__all__ = ["InvertSettings", "invert"]
