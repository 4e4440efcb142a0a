"""What ``check`` found."""

from dataclasses import asdict, dataclass, field
from typing import Any

SHOWN = 3  # rows that are named for a finding


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: where, in how many rows, and what tells it."""

    check: str
    group: str  # the task, or the source
    rows: int
    detail: str
    examples: tuple[str, ...] = ()  # ids of rows


@dataclass
class Report:
    """All that was found, the most rows first."""

    rows: int = 0
    findings: list[Finding] = field(default_factory=list)

    def of(self, check: str) -> list[Finding]:
        """The findings of one check."""
        return [finding for finding in self.findings if finding.check == check]

    def to_json(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return {"rows": self.rows, "findings": [asdict(finding) for finding in self.findings]}
