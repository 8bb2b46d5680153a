"""What the orders API takes and gives."""
