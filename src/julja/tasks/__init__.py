"""From rows to samples to requests: templates, few-shots, choices, loading by name or path."""
