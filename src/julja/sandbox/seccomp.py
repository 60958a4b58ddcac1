"""A system-call filter for sandboxed programs, as the kernel's classic BPF.

It refuses what no benchmark program needs and what reaches beyond a program's own processes:
new namespaces, mounts, tracing, kernel keys, kernel objects that outlive a process, other
processes' limits, and address families other than local ones. Numbers are those of the
kernel's unistd tables for x86_64 and aarch64; other machines run without a filter.
"""

import struct

EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97
ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000
LOAD, JUMP_EQ, JUMP_GE, JUMP_SET, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NR, ARCH, ARG0 = 0, 4, 16
CLONE_NEW = 0x7E020080  # every CLONE_NEW* flag
FAMILIES = (1, 2, 10)  # unix, IPv4, IPv6: inside an empty network namespace

# name: (x86_64, aarch64)
REFUSED = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "quotactl": (179, 60),
    "acct": (163, 89),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "syslog": (103, 116),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "vhangup": (153, 58),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "setpriority": (141, 140),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "ioprio_set": (251, 30),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
}
# Allowed on the caller itself (process id 0) only.
OWN_PROCESS = {"prlimit64": (302, 261), "sched_setaffinity": (203, 122)}
SOCKET, CLONE, CLONE3 = (41, 198), (56, 220), (435, 435)
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


def _op(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)


def build_filter(machine: str) -> bytes | None:
    """The filter program for `platform.machine()`, or None where there is none."""
    if machine not in MACHINES:
        return None
    column, architecture = MACHINES[machine]
    refuse, missing = _op(RETURN, ERRNO | EPERM), _op(RETURN, ERRNO | ENOSYS)
    allow, first_argument = _op(RETURN, ALLOW), _op(LOAD, ARG0)
    program = [
        _op(LOAD, ARCH),
        _op(JUMP_EQ, architecture, yes=1),
        _op(RETURN, KILL),
        _op(LOAD, NR),
    ]
    if machine == "x86_64":  # the x32 twins of all calls
        program += [_op(JUMP_GE, 0x40000000, no=1), missing]
    for numbers in REFUSED.values():
        program += [_op(JUMP_EQ, numbers[column], no=1), refuse]
    # The flags of clone3 lie in memory, out of a filter's sight; libc falls back to clone.
    program += [_op(JUMP_EQ, CLONE3[column], no=1), missing]
    clone = [first_argument, _op(JUMP_SET, CLONE_NEW, no=1), refuse, allow]
    program += [_op(JUMP_EQ, CLONE[column], no=len(clone)), *clone]
    for numbers in OWN_PROCESS.values():
        own = [first_argument, _op(JUMP_EQ, 0, yes=1), refuse, allow]
        program += [_op(JUMP_EQ, numbers[column], no=len(own)), *own]
    sockets = [first_argument]
    for left, family in enumerate(reversed(FAMILIES)):
        sockets.insert(1, _op(JUMP_EQ, family, yes=left + 1))
    sockets += [_op(RETURN, ERRNO | EAFNOSUPPORT), allow]
    program += [_op(JUMP_EQ, SOCKET[column], no=len(sockets)), *sockets, allow]
    return b"".join(program)
