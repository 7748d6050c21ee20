"""Live figures: numbers that can be moved, in Jupyter and on a page without a kernel."""

from mathref.widgets.conv_gradient import ConvGradient
from mathref.widgets.layer_forward import LayerForward
from mathref.widgets.output_error import OutputError

FIGURES = (LayerForward, OutputError, ConvGradient)
"""All of them, for the site."""

__all__ = ["FIGURES", "ConvGradient", "LayerForward", "OutputError"]
