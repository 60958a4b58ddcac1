"""From estimates to a reader: terminal tables, Markdown, one HTML file."""
