"""Run folders of HELM, read."""
