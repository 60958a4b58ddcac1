"""The catalogue: one small file for each benchmark, in folders by ability."""
