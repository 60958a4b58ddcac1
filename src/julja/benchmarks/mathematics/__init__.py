"""Mathematics: word problems and competition problems."""
