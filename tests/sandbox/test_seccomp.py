"""The system-call filter, run by a small interpreter of the kernel's classic BPF."""

import struct

import pytest

from julja.sandbox.seccomp import build_filter

ALLOW, EPERM, ENOSYS, EAFNOSUPPORT, KILL = 0x7FFF0000, 0x50001, 0x50026, 0x50061, 0x80000000
X86, ARM = 0xC000003E, 0xC00000B7


def verdict(machine: str, architecture: int, number: int, argument: int = 0) -> int:
    program = build_filter(machine)
    assert program is not None
    data = struct.pack("=IIQQ", number, architecture, 0, argument)
    value, at = 0, 0
    while True:
        code, yes, no, constant = struct.unpack_from("=HBBI", program, at * 8)
        at += 1
        match code:
            case 0x20:
                (value,) = struct.unpack_from("=I", data, constant)
            case 0x06:
                return int(constant)
            case _:
                holds = {
                    0x15: value == constant,
                    0x35: value >= constant,
                    0x45: bool(value & constant),
                }[code]
                at += yes if holds else no


@pytest.mark.parametrize(
    ("call", "argument", "expected"),
    [
        ((0, 63), 0, ALLOW),  # read
        ((101, 117), 16, EPERM),  # ptrace
        ((272, 97), 0, EPERM),  # unshare
        ((279, 239), 0, EPERM),  # move_pages, the last of the table
        ((435, 435), 0, ENOSYS),  # clone3
        ((56, 220), 17, ALLOW),  # clone: SIGCHLD, a fork
        ((56, 220), 0x10000011, EPERM),  # clone: a new user namespace
        ((302, 261), 0, ALLOW),  # prlimit64 on itself
        ((302, 261), 1, EPERM),  # prlimit64 on process 1
        ((203, 122), 0, ALLOW),  # sched_setaffinity on itself
        ((203, 122), 1, EPERM),
        ((41, 198), 1, ALLOW),  # socket: unix
        ((41, 198), 2, ALLOW),  # socket: IPv4
        ((41, 198), 10, ALLOW),  # socket: IPv6
        ((41, 198), 16, EAFNOSUPPORT),  # socket: netlink
        ((41, 198), 40, EAFNOSUPPORT),  # socket: virtual machines
    ],
)
def test_calls(call: tuple[int, int], argument: int, expected: int) -> None:
    assert verdict("x86_64", X86, call[0], argument) == expected
    assert verdict("aarch64", ARM, call[1], argument) == expected


def test_another_architecture_is_killed() -> None:
    assert verdict("x86_64", 0x40000003, 0) == KILL  # 32-bit calls


def test_the_x32_twins_are_missing() -> None:
    assert verdict("x86_64", X86, 0x40000000 + 101) == ENOSYS


def test_an_unknown_machine_has_no_filter() -> None:
    assert build_filter("riscv64") is None
