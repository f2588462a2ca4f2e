"""Reads what /metrics tells."""

from prometheus_client.parser import text_string_to_metric_families

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(page: str) -> Samples:
    """Return each sample's value by its name and labels."""
    families = text_string_to_metric_families(page)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(page: str, name: str, **labels: str) -> float:
    """Return the sum of the samples of this name that have these labels; 0 if there are none."""
    wanted = frozenset(labels.items())
    found = samples(page).items()
    return sum(number for (called, has), number in found if called == name and wanted <= has)
