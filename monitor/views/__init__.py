"""Ways to show usage; read only."""
