"""What every service's web side shares: problems, access, idempotency, pages."""
