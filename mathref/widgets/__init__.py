"""Live figures: numbers that can be moved, in Jupyter and on a page without a kernel."""

from mathref.widgets.conv_gradient import ConvGradient
from mathref.widgets.gradient_check import GradientCheck
from mathref.widgets.layer_forward import LayerForward

FIGURES = (LayerForward, ConvGradient, GradientCheck)
"""All of them, for the site."""

__all__ = ["FIGURES", "ConvGradient", "GradientCheck", "LayerForward"]
