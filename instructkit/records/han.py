"""Counting characters of scripts in UTF-8 bytes."""

from typing import Any

from instructkit.engine.jit import jit


@jit()
def count_scripts(data: Any, ends: Any, han: Any, kana: Any, length: Any) -> None:
    """Write the number of Han characters, kana and all characters of each text.

    A Han character (U+3400 to U+9FFF) is three bytes that begin with E4..E9, or with E3 and then 90..BF; kana (U+3040
    to U+30FF) begins with E3 81..83.
    """
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
