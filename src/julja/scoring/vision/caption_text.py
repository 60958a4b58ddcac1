"""Tokens of captions, as COCO's caption evaluation has them: PTB tokens without punctuation.

The official code runs Stanford's PTBTokenizer (a Java program, -preserveLines -lowerCase) and drops
the tokens of a list; this is a tokeniser of our own after the Penn Treebank's rules
(https://www.cis.upenn.edu/~bies/manuals/tokenize.html), held to the Java one by tests.

>>> tokenize("A dog's ball isn't red-ish, is it?")
['a', 'dog', "'s", 'ball', 'is', "n't", 'red-ish', 'is', 'it']
"""

import re

_DROPPED = frozenset(("''", "'", "``", "`", ".", "?", "!", ",", ":", "-", "--", "...", ";"))
_BRACKETS = {
    "(": "-lrb-",
    ")": "-rrb-",
    "[": "-lsb-",
    "]": "-rsb-",
    "{": "-lcb-",
    "}": "-rcb-",
}
_JOINED = {
    "cannot": ["can", "not"],
    "gonna": ["gon", "na"],
    "gotta": ["got", "ta"],
    "wanna": ["wan", "na"],
    "gimme": ["gim", "me"],
    "lemme": ["lem", "me"],
}
_TITLES = "mr|mrs|ms|dr|st|jr|sr|vs|etc|inc|co|mt|ave|blvd|ft|prof|gen|gov|sen|rep"
_TOKEN = re.compile(
    rf"""
    (?:https?://|www\.)\S+                         # addresses
  | \d+(?:,\d{{3}})+(?:\.\d+)?                     # 1,000.5
  | \d+(?:[.:/-]\d+)+(?:\w+)?                      # 3.5, 10:30, 1/2, 747-400
  | (?:[a-z]\.){{2,}}                              # u.s.
  | (?:{_TITLES})\.(?=\s|$|[?!,;:])                # mr.
  | [^\W_]+(?:[-_&.@][^\W_]+)*(?=n['’]t\b)         # is of isn't
  | n['’]t\b
  | o['’]clock\b | ['’]\d\ds?\b | d['’][aeiou]\w+
  | ['’](?:s|m|d|ll|re|ve)\b                       # 's of dog's
  | [^\W_]+(?:(?:[-_&@/?]|\.(?=[^\W_]{{2,}}))[^\W_]+)*
  | \.\.\.+ | --+ | [?!]+ | _+ | \S
    """,
    re.VERBOSE,
)


def tokenize(text: str) -> list[str]:
    """The tokens of a caption in lower case, punctuation left out; brackets have names."""
    found: list[str] = []
    for token in _TOKEN.findall(" ".join(text.lower().split())):
        name = _BRACKETS.get(token, token.replace("’", "'"))
        found += _JOINED.get(name, [name])
    return [token for token in found if not _is_dropped(token)]


def _is_dropped(token: str) -> bool:
    return token in _DROPPED or token in '"“”‘’…' or set(token) == {"-"} or set(token) == {"."}
