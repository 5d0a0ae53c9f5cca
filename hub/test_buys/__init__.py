"""Test buys: a brand's own purchases for examination, from the plan to the signed report."""
