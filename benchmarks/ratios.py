"""Times as multiples of each other, and how they are written."""


def ratio(found, name, other="PyTorch", alone=False):
    """Return the time of one contender as a multiple of another one's."""
    top, bottom = (found[who]["alone"] if alone else found[who] for who in (name, other))
    return top["seconds"] / bottom["seconds"]


def number(value):
    """Return a number with two digits that count, and no more than the figures bear."""
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}" if value >= 0.95 else f"{value:.2f}"
