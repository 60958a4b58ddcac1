"""What the processes of a worker use, as the host sees them in /proc."""

import os
from collections.abc import Iterator
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


def descendants(pid: int) -> Iterator[int]:
    """The processes below one, at this moment; none where the kernel doesn't list them."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return
    for word in listed.split():
        yield int(word)
        yield from descendants(int(word))


def resident_bytes(pid: int) -> int:
    """Memory that is resident for the processes below one; shared pages count for each."""
    total = 0
    for child in descendants(pid):
        try:
            fields = Path(f"/proc/{child}/statm").read_text(encoding="ascii").split()
        except OSError:
            continue
        total += int(fields[1]) * _PAGE
    return total
