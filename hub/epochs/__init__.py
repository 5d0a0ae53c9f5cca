"""Epochs, their keys, the quotas of evaluation, and the road to the evaluator."""
