"""Chat logs and user queries: what `format` does so that they can be trained on.

users       which columns tell who wrote, by their names
anonymous   those columns as user_1, user_2, ...; what else could tell a user
hidden      user ids in JSON and maps, on any level
json_text   the same in one text
prefixes    drop a prompt that begins like an earlier one
limits      at most N rows of a user
logs        all of it, for the sources of one run
"""

from instructkit.templating.logs.json_text import PrivateRows
from instructkit.templating.logs.logs import Logs

__all__ = ["Logs", "PrivateRows"]
