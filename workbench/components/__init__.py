"""The workbench's own components, a folder each."""
