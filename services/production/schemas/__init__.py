"""What the production API takes and gives."""
