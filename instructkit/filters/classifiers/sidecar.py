"""The JSON file beside a model: what a model file can't say of itself."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from instructkit.errors import BadInput
from instructkit.filters.classifiers.texts import Normalization

FORMAT = 1


@dataclass(frozen=True)
class Sidecar:
    """The labels of a model, how its texts are made ready, and what was measured on the rows held out."""

    labels: tuple[str, ...]
    multi_label: bool
    normalization: Normalization
    thresholds: dict[str, float] = field(default_factory=dict)  # of each label: the best F1
    measured: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """The content of the file."""
        return json.dumps({"instructkit_classifier": FORMAT, **asdict(self)}, ensure_ascii=False, indent=1) + "\n"


def place(model: Path) -> Path:
    """Where a model's sidecar stands."""
    return model.with_name(model.name + ".json")


def read_sidecar(model: Path) -> Sidecar | None:
    """The sidecar of a model, or None for a model that another program trained.

    Raises `BadInput` for a file that stands there and is none.
    """
    path = place(model)
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["instructkit_classifier"] != FORMAT:
            raise ValueError(f"format {content['instructkit_classifier']}")
        normalization = content["normalization"]
        return Sidecar(
            tuple(map(str, content["labels"])),
            bool(content["multi_label"]),
            Normalization(bool(normalization["lower"]), bool(normalization["space_han"])),
            {str(label): float(value) for label, value in content["thresholds"].items()},
            dict(content["measured"]),
            dict(content["settings"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(
            f"{path} is not what train-classifier writes beside a model ({error}); remove it or train again"
        ) from error
