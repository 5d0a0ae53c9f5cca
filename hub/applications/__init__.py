"""Applications to the alliance: sent by anybody, vetted by the office, decided by two of its people."""
