"""What the logistics API takes and gives."""
