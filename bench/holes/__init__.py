"""The training of the model that separates holes from subject: see README.md."""
