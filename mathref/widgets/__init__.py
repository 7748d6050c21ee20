"""Live figures: numbers that can be moved, in Jupyter and on a page without a kernel."""

from mathref.widgets.layer_forward import LayerForward

FIGURES = (LayerForward,)
"""All of them, for the site."""

__all__ = ["FIGURES", "LayerForward"]
