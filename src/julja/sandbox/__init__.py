"""Runs code that nobody trusts.

    outcome = open_sandbox().run("assert 1 + 1 == 2")
    outcome.passed, outcome.reason

As many warm workers as there are cores, each a set of bubblewrap namespaces whose process 1 forks
one child for every program: no network, no files of the host but libraries and the interpreter, no
capabilities, a uid that nobody has, a system-call filter, and limits on time, memory, processes,
output and disk. After a program everything it started is killed and everything it wrote is removed;
a worker that was changed or died is replaced, and its program has failed.

What it does not protect against: a hole in the kernel, what can be learnt by timing, and a program
that cheats its own tests from inside their process (see `guest`).
"""

from julja.sandbox.api import Limits, Outcome, Reason, Sandbox, open_sandbox, sandbox_status

__all__ = ["Limits", "Outcome", "Reason", "Sandbox", "open_sandbox", "sandbox_status"]
