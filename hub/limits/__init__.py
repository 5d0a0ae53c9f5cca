"""How much may be asked of the hub in a while, by whom: held across threads, workers and machines."""
