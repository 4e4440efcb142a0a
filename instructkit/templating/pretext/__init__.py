"""Tasks made of unlabelled text by rules: each in a file of its own under ``tasks``."""

from instructkit.templating.pretext.pretexting import PretextSettings as PretextSettings
from instructkit.templating.pretext.pretexting import pretext as pretext
