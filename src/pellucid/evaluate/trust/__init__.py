"""Whether answers can be trusted: calibration, sets, leaving cases to a person, and images unlike those of training."""
