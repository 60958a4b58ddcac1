"""`starter`: six small abilities, generated from a seed: no download, nothing to memorise."""
