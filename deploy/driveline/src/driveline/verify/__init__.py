"""Brute force: recomputes every released cell from the Kafka log, sharing no code with the exchange."""
