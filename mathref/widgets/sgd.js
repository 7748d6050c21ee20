import { activate, forward, slope } from "./dense.js";

// Minibatch gradient descent of one unit without a bias: the arithmetic of mathref.dense, mathref.cost and mathref.sgd,
// for the browser. A test holds both equal. x and y have a column for each sample.

const SEED = 1;
const FAR = 1e6; // where a path is given up: all that follows from it is still finite

/** Some columns of a matrix. */
export const columns = (M, which) => M.map((row) => which.map((i) => row[i]));

/**
 * The samples of each update: all are shuffled, cut into minibatches, and shuffled again when used up. A linear
 * congruential generator modulo 2^32 shuffles, so that Python and every browser take the same minibatches.
 */
export function minibatches(samples, size, updates) {
  let state = SEED;
  const below = (n) => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    return Math.floor((n * state) / 2 ** 32);
  };
  const batches = [];
  while (batches.length < updates) {
    const order = [...Array(samples).keys()];
    for (let last = samples - 1; last > 0; last--) {
      const other = below(last + 1);
      [order[last], order[other]] = [order[other], order[last]];
    }
    for (let k = 0; k < samples; k += size) batches.push(order.slice(k, k + size).sort((i, j) => i - j));
  }
  return batches.slice(0, updates);
}

/** C, the mean over the samples of ½ (a − y)². */
export function cost(W, x, y, activation) {
  const [a] = activate(forward(W, [[0]], x), activation);
  return a.reduce((sum, a_i, i) => sum + (a_i - y[0][i]) ** 2 / 2, 0) / a.length;
}

/** ∂C/∂W = δ xᵀ / N, with the errors δ = (a − y) ⊙ σ'(z). */
export function gradient(W, x, y, activation) {
  const z = forward(W, [[0]], x);
  const [[a], [prime]] = [activate(z, activation), slope(z, activation)];
  const delta = a.map((a_i, i) => (a_i - y[0][i]) * prime[i]);
  return x.map((row) => row.reduce((sum, x_i, i) => sum + delta[i] * x_i, 0) / delta.length);
}

/** The weights before each update and after the last, what each was taken on, and C of all samples. */
export function descend({ W, learning_rate: [[eta]], x, y, activation, size, updates }) {
  const [path, grads, batches] = [[W[0]], [], minibatches(y[0].length, size, updates)];
  for (const batch of batches) {
    const w = path.at(-1);
    if (w.some((w_k) => Math.abs(w_k) > FAR)) break;
    const grad = gradient([w], columns(x, batch), columns(y, batch), activation);
    grads.push(grad);
    path.push(w.map((w_k, k) => w_k - eta * grad[k]));
  }
  return { path, grads, batches, costs: path.map((w) => [cost([w], x, y, activation)]) };
}

/** How steep a bowl is where it is steepest: the largest eigenvalue of x xᵀ / N, for two weights. */
function steepest([first, second]) {
  const mean = (one, other) => one.reduce((sum, x_i, i) => sum + x_i * other[i], 0) / one.length;
  const [p, q, r] = [mean(first, first), mean(first, second), mean(second, second)];
  return (p + r) / 2 + Math.hypot((p - r) / 2, q);
}

/** The same for the steepest of all minibatches. */
export function curvature({ x, y, size, updates }) {
  return Math.max(...minibatches(y[0].length, size, updates).map((batch) => steepest(columns(x, batch))));
}
