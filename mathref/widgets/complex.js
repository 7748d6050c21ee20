// σ of a complex number z = [real part, imaginary part], as mathref.activations has it: what the complex step needs.
// e^{−|z|} never overflows; |z| is z or −z, whichever has the real part that is not negative.

const divide = ([a, b], [c, d]) => [(a * c + b * d) / (c * c + d * d), (b * c - a * d) / (c * c + d * d)];

function expMinusAbs([a, b]) {
  const size = Math.exp(-Math.abs(a));
  return [size * Math.cos(b), a < 0 ? size * Math.sin(b) : -size * Math.sin(b)];
}

/** σ by name; tanh where |Im z| < π/2, softplus where |Im z| < π. */
export const complexActivations = {
  sigmoid(z) {
    const [a, b] = expMinusAbs(z);
    return divide(z[0] < 0 ? [a, b] : [1, 0], [1 + a, b]);
  },
  tanh([a, b]) { // (sinh 2a + i sin 2b) / (cosh 2a + cos 2b): no digits are lost in either part
    const below = Math.cosh(2 * a) + Math.cos(2 * b);
    return [Math.sinh(2 * a) / below, Math.sin(2 * b) / below];
  },
  softplus(z) { // max(z, 0) + log(1 + e^{−|z|})
    const [a, b] = expMinusAbs(z);
    const [c, d] = z[0] < 0 ? [0, 0] : z;
    return [c + Math.log1p(a * (2 + a) + b * b) / 2, d + Math.atan2(b, 1 + a)];
  },
  identity: (z) => z,
};
