"""Measurements: ratios to a floor or a peer, taken in turn in one run so that noise cancels."""
