"""What `pellucid verify` looks at: a run's files read back, its figures computed again, each difference named."""
