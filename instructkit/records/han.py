"""Counting characters of scripts in UTF-8 bytes."""

from typing import Any

from instructkit.engine.jit import jit


@jit()
def count_all(data: Any, ends: Any, han: Any, kana: Any, length: Any) -> None:
    """Write the counts of `records.script.count_scripts`."""
    for row in range(len(length)):
        at = ends[row]
        while at < ends[row + 1]:
            lead = data[at]
            length[row] += 1
            if lead < 0x80:
                at += 1
            elif lead < 0xE0:
                at += 2
            elif lead < 0xF0:
                second = data[at + 1]
                if 0xE4 <= lead <= 0xE9 or (lead == 0xE3 and 0x90 <= second <= 0xBF):
                    han[row] += 1
                elif lead == 0xE3 and 0x81 <= second <= 0x83:
                    kana[row] += 1
                at += 3
            else:
                at += 4
