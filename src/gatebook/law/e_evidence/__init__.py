"""European production and preservation orders (Regulation (EU) 2023/1543)."""
