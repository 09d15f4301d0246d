"""One's own images, learned from before one's eyes: recorded moment by moment, and replayed with a slider."""
