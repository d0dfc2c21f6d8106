"""Public registers whose rows become verified members, and the vocabulary for reading them."""
