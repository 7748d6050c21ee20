// One fully connected layer: the arithmetic of mathref.dense and mathref.activations, for the browser.
// A test holds both equal. Matrices are lists of rows; a column is a list of one-entry rows.

/** σ by name, each for one number. */
export const activations = {
  sigmoid: (z) => 1 / (1 + Math.exp(-z)),
  tanh: (z) => Math.tanh(z),
  relu: (z) => Math.max(z, 0),
  softplus: (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))),
  identity: (z) => z,
};

const bell = (z) => Math.exp(-Math.abs(z)); // e^{−|z|}: what is computed from it keeps its digits where |z| is large

/** σ' by name, each for one number; relu has none at 0, where 0 is taken. */
export const primes = {
  sigmoid: (z) => bell(z) / (1 + bell(z)) ** 2,
  tanh: (z) => (2 * bell(z) / (1 + bell(z) ** 2)) ** 2,
  relu: (z) => (z > 0 ? 1 : 0),
  softplus: activations.sigmoid,
  identity: () => 1,
};

/**
 * z = W a_prev + b.
 * @param {number[][]} W weights, n rows of m entries
 * @param {number[][]} b bias, n rows of one entry
 * @param {number[][]} a_prev activations of the layer before, m rows, one column per sample
 * @returns {number[][]} z, n rows, one column per sample
 */
export function forward(W, b, a_prev) {
  const entry = (i, n) => W[i].reduce((sum, w, j) => sum + w * a_prev[j][n], 0) + b[i][0];
  return W.map((_, i) => a_prev[0].map((_, n) => entry(i, n)));
}

/**
 * a = σ(z), entry by entry.
 * @param {number[][]} z pre-activations
 * @param {string} activation the name of σ
 */
export function activate(z, activation) {
  return z.map((row) => row.map(activations[activation]));
}

/**
 * σ'(z), entry by entry.
 * @param {number[][]} z pre-activations
 * @param {string} activation the name of σ
 */
export function slope(z, activation) {
  return z.map((row) => row.map((x) => primes[activation](x)));
}
