"""What a provider's error responses mean: refusals, parameters, quotas."""
