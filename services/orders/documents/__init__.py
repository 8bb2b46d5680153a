"""The papers that the orders service makes."""
