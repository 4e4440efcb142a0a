"""A model behind an OpenAI-compatible endpoint.

`settings` say which model, `opening` makes it ready. In the order a request goes through: `request` (what is asked),
`model` (who asks, in which order), `journal` (whether it was asked before), `claims` (whether somebody asks it now),
`slots` and `budget` (whether it may be), `sending` (until there is an answer), `pacing` (when), `endpoint` (once),
`faults` (what went wrong). `local` runs the embedded model in a process of its own (`serving`); its `weights` are
fetched once. `spent` tells of a run, `dry` of one that asks nothing. `journal_keeping` looks into a journal.
"""

from instructkit.generation.client.model import Ask, Model, Stopped
from instructkit.generation.client.opening import open_model
from instructkit.generation.client.request import Answer, Request
from instructkit.generation.client.settings import ModelSettings
from instructkit.generation.client.spent import Spent

__all__ = ["Answer", "Ask", "Model", "ModelSettings", "Request", "Spent", "Stopped", "open_model"]
