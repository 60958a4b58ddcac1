"""Records of Every Eval Ever (schema 0.3): read and written."""
