"""Runs code that nobody trusts."""

from julja.sandbox.api import Limits, Outcome, Reason, Sandbox, open_sandbox, sandbox_status

__all__ = ["Limits", "Outcome", "Reason", "Sandbox", "open_sandbox", "sandbox_status"]
