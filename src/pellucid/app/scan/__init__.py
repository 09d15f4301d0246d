"""A chest CT to scroll through: three planes, windows, findings to jump to, and each stage laid over the scan."""
