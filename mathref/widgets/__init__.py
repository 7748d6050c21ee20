"""Live figures and questions: what a reader can move or answer, in Jupyter and on a page without a kernel."""

from mathref.widgets.conv_forward import ConvForward
from mathref.widgets.conv_gradient import ConvGradient
from mathref.widgets.descent import Descent
from mathref.widgets.digits import Digits
from mathref.widgets.gradient_check import GradientCheck
from mathref.widgets.kernel_gradient import KernelGradient
from mathref.widgets.layer_forward import LayerForward
from mathref.widgets.network import Network
from mathref.widgets.output_error import OutputError
from mathref.widgets.question import entry, number
from mathref.widgets.strides import Strides

FIGURES = (LayerForward, OutputError, Network, Descent, ConvForward, ConvGradient, KernelGradient, GradientCheck,
           Strides, Digits)
"""All of them, for the site, in the order of the book."""

__all__ = ["FIGURES", "ConvForward", "ConvGradient", "Descent", "Digits", "GradientCheck", "KernelGradient", "LayerForward",
           "Network", "OutputError", "Strides", "entry", "number"]
