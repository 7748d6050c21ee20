import { complexActivations } from "./complex.js";
import { activations } from "./dense.js";

// The cost of one neuron, C = ½ (σ(w x + b) − y)², as a function of w: its slope by backpropagation and by three
// quotients, as mathref.gradcheck takes them, and what the quotients should be wrong by. A test holds both equal.

const ROUNDING = 2 ** -53; // how much of a number rounding changes at most
export const SMALLEST = 1e-8; // that the denominator of a relative error is

const sigmoid = (z) => {
  const e = Math.exp(-Math.abs(z));
  return { s: (z < 0 ? e : 1) / (1 + e), slope: e / (1 + e) ** 2 };
};

/** σ'(z), σ''(z) and σ'''(z). */
export const slopes = {
  sigmoid(z) {
    const { s, slope } = sigmoid(z);
    return [slope, slope * (1 - 2 * s), slope * (1 - 6 * slope)];
  },
  tanh(z) { // tanh z = 2 sigmoid(2z) − 1
    const slope = 4 * sigmoid(2 * z).slope;
    return [slope, -2 * Math.tanh(z) * slope, slope * (4 - 6 * slope)];
  },
  softplus(z) {
    const { s, slope } = sigmoid(z);
    return [s, slope, slope * (1 - 2 * s)];
  },
  identity: () => [1, 0, 0],
};

/** C for a weight w. */
export function cost({ x, b, y, activation }, w) {
  return (activations[activation](w * x + b) - y) ** 2 / 2;
}

/** ∂C/∂w = δ x, and the second and third derivative of C by w. */
export function derivatives({ w, x, b, y, activation }) {
  const miss = activations[activation](w * x + b) - y;
  const [one, two, three] = slopes[activation](w * x + b);
  const delta = miss * one;
  return [delta * x, (one * one + miss * two) * x ** 2, (3 * one * two + miss * three) * x ** 3];
}

/** The three quotients for a step h. 2h is taken as it comes out after rounding. */
export function quotients(neuron, h) {
  const { w, x, b, y, activation } = neuron;
  const C = (w_moved) => cost(neuron, w_moved);
  const [above, below] = [w + h, w - h];
  const [real, imaginary] = complexActivations[activation]([w * x + b, h * x]);
  return {
    forward: (C(above) - C(w)) / (above - w),
    central: (C(above) - C(below)) / (above - below),
    complex: ((real - y) * imaginary) / h, // the imaginary part of ½ (a − y)² at w + ih
  };
}

/** |a − b| / max(|a|, |b|), with the floor that mathref.gradcheck puts under it. */
export const relativeError = (a, b) => Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b), SMALLEST);

/** What the central difference should be wrong by: h²|C'''|/6 by truncation and ε|C|/h by rounding. */
export function estimates(neuron, h) {
  const [, , third] = derivatives(neuron);
  return { truncation: (h ** 2 * Math.abs(third)) / 6, rounding: (ROUNDING * cost(neuron, neuron.w)) / h };
}

/** The exponent of h* = (3 ε |C| / |C'''|)^{1/3}, where both errors together are least, or the end that is nearest. */
export function bestExponent(neuron, [least, greatest]) {
  const [, , third] = derivatives(neuron);
  const best = Math.log10((3 * ROUNDING * cost(neuron, neuron.w)) / Math.abs(third)) / 3;
  return Math.abs(third) === 0 ? greatest : Math.min(greatest, Math.max(least, best));
}
