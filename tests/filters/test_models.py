"""fastText model files: whole ones are opened, and a cut one never reaches fastText."""

from pathlib import Path

import pytest

from instructkit.errors import BadInput
from instructkit.filters.language import identifying
from instructkit.filters.models import load_model

LID = Path(identifying.__file__).with_name("lid.176.ftz")


def test_a_whole_model_is_opened() -> None:
    assert "__label__en" in load_model(LID).get_labels()


@pytest.mark.parametrize("kept", [4, 40, 100, 5000, 500_000, -1])
def test_a_model_that_is_cut_off_is_refused(tmp_path: Path, kept: int) -> None:
    (tmp_path / "m.ftz").write_bytes(LID.read_bytes()[:kept])
    with pytest.raises(BadInput, match="cut off"):
        load_model(tmp_path / "m.ftz")


def test_a_model_with_more_after_its_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.ftz").write_bytes(LID.read_bytes() + b"x")
    with pytest.raises(BadInput, match="can't be read"):
        load_model(tmp_path / "m.ftz")
