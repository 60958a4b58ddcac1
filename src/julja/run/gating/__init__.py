"""A gate: a policy's rules held against a candidate run, and a baseline where rules need one.

policy (file -> rules) -> measured (evidence for each rule, lost samples held against it) -> decided
(PASS, FAIL or INCONCLUSIVE for each rule, GO or NO-GO for all)

`julja.run.gate` is the way in.
"""
