"""The proof of the messaging guarantee: a system under work and faults, and a count of what became of it."""
