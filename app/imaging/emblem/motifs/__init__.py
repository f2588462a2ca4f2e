"""Everything that can be drawn, by name."""

from . import (
    birds,
    buildings,
    creature,
    critters,
    desk,
    elements,
    flight,
    fruit,
    insects,
    jewels,
    leisure,
    machines,
    meals,
    outdoors,
    plants,
    reptiles,
    sea,
    signs,
    sky,
    sweets,
    travel,
    treasures,
)
from .base import Motif

_GROUPS = (
    birds.MOTIFS,
    buildings.MOTIFS,
    creature.MOTIFS,
    critters.MOTIFS,
    desk.MOTIFS,
    elements.MOTIFS,
    flight.MOTIFS,
    fruit.MOTIFS,
    insects.MOTIFS,
    jewels.MOTIFS,
    leisure.MOTIFS,
    machines.MOTIFS,
    meals.MOTIFS,
    outdoors.MOTIFS,
    plants.MOTIFS,
    reptiles.MOTIFS,
    sea.MOTIFS,
    signs.MOTIFS,
    sky.MOTIFS,
    sweets.MOTIFS,
    travel.MOTIFS,
    treasures.MOTIFS,
)
MOTIFS: dict[str, Motif] = {name: motif for group in _GROUPS for name, motif in group.items()}
# What is drawn for words that name nothing: always one of these.
INVENTED = ("creature", "creature", "rosette", "crest", "roundel", "orbit", "crystal")

__all__ = ["INVENTED", "MOTIFS", "Motif"]
