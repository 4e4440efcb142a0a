"""The errors a user meets: each is one sentence that says what is wrong, where, and what to do."""

import re


def visible(text: str) -> str:
    """A text without control characters: what a file holds must not steer the terminal it is shown on."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", lambda found: f"\\x{ord(found[0]):02x}", text)


class InstructkitError(Exception):
    """A failure that ends the command with exit code 1."""

    exit_code = 1


class UsageError(InstructkitError):
    """Options or names that can't be meant; ends the command with exit code 2."""

    exit_code = 2


class BadInput(InstructkitError):
    """A file or stream that can't be read as what it claims to be."""


class NoRows(BadInput):
    """A file that holds nothing: neither rows nor the columns that rows would have."""


class BrokenStream(BadInput):
    """An Arrow stream that ended without its end marker: the command before it failed."""


class OutputFailed(InstructkitError):
    """The output can't be written: a full disk, a missing or read-only folder."""


class RowFailed(InstructkitError):
    """An unforeseen error inside a step, with the number of the row that caused it."""
