import { activate, activations, forward, slope } from "./dense.js";

// Minibatch gradient descent of two parameters of a network of two layers, W² σ(W¹ x + b¹), while its others stay: the
// arithmetic of mathref.dense, mathref.cost and mathref.sgd, for the browser. A test holds both equal. x has two rows and
// y has one, with a column for each sample.

const SEED = 1;
const FAR = 1e6; // where a path is given up: all that follows from it is still finite

/** The parameters, and all pairs of them that can be chosen to move. */
const PARAMETERS = ["w1_11", "w1_12", "b1_1", "w2_11"];
export const PAIRS = PARAMETERS.flatMap((one, k) => PARAMETERS.slice(k + 1).map((other) => `${one} and ${other}`));
const LAST = 3; // the place of the only one in the second layer

/** The two that are chosen, and their places among the parameters; the first goes across, the second up. */
export const chosenOf = ({ chosen }) => chosen.split(" and ");
const axes = (state) => chosenOf(state).map((parameter) => PARAMETERS.indexOf(parameter));
const inRow = ({ W1, b1, W2 }) => [...W1[0], b1[0][0], W2[0][0]];

/** Where the two start. */
export const start = (state) => axes(state).map((k) => inRow(state)[k]);

/** All parameters when the two are at p. */
export function at(state, p) {
  const row = inRow(state);
  axes(state).forEach((k, n) => { row[k] = p[n]; });
  return { W1: [row.slice(0, 2)], b1: [[row[2]]], W2: [[row[LAST]]] };
}

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

const mean = (list, term) => list.reduce((sum, item, i) => sum + term(item, i), 0) / list.length;

/** C, the mean over the samples of ½ (a² − y)². */
export function cost({ W1: [[w_1, w_2]], b1: [[b]], W2: [[v]] }, [x_1, x_2], [y], activation) {
  const sigma = activations[activation];
  return mean(y, (y_i, i) => (v * sigma(w_1 * x_1[i] + w_2 * x_2[i] + b) - y_i) ** 2 / 2);
}

/** Of each sample: what its unit of layer 1 says, how steep σ is there, and the error δ² = a² − y of layer 2. */
function pass({ W1, b1, W2: [[v]] }, x, y, activation) {
  const z = forward(W1, b1, x);
  const [[a], [prime]] = [activate(z, activation), slope(z, activation)];
  return { v, a, prime, error: a.map((a_i, i) => v * a_i - y[0][i]), inputs: [...x, a.map(() => 1)] };
}

/** ∂C/∂W¹, ∂C/∂b¹ and ∂C/∂W², with the errors δ¹ = W² δ² ⊙ σ'(z) of layer 1. */
export function gradient(parameters, x, y, activation) {
  const { v, a, prime, error, inputs } = pass(parameters, x, y, activation);
  const delta = error.map((e, i) => v * e * prime[i]);
  return [...inputs.map((input) => mean(input, (u, i) => delta[i] * u)), mean(a, (a_i, i) => error[i] * a_i)];
}

/** The two before each update and after the last, what each was taken on, and C of all samples. */
export function descend(state) {
  const { learning_rate: [[eta]], x, y, activation, size, updates } = state;
  const [path, grads, batches, two] = [[start(state)], [], minibatches(y[0].length, size, updates), axes(state)];
  for (const batch of batches) {
    const p = path.at(-1);
    if (p.some((p_k) => Math.abs(p_k) > FAR)) break;
    const all = gradient(at(state, p), columns(x, batch), columns(y, batch), activation);
    const grad = two.map((k) => all[k]);
    grads.push(grad);
    path.push(p.map((p_k, k) => p_k - eta * grad[k]));
  }
  return { path, grads, batches, costs: path.map((p) => [cost(at(state, p), x, y, activation)]) };
}

/** The largest curvature of C at the start, over the two: the larger eigenvalue of its second derivatives by them. */
function steepest(state, x, y) {
  const { v, a, prime, error, inputs } = pass(state, x, y, state.activation);
  const bend = (i) => (state.activation === "tanh" ? -2 * a[i] * prime[i] : 0); // σ''
  const first = (k, i) => (k === LAST ? a[i] : v * prime[i] * inputs[k][i]); // of a²
  const second = (k, l, i) => { // of a²
    if (l < LAST) return v * bend(i) * inputs[k][i] * inputs[l][i];
    return k < LAST ? prime[i] * inputs[k][i] : 0;
  };
  const [m, n] = axes(state);
  const [p, q, r] = [[m, m], [m, n], [n, n]].map(([k, l]) => (
    mean(a, (_, i) => first(k, i) * first(l, i) + error[i] * second(k, l, i))));
  return (p + r) / 2 + Math.hypot((p - r) / 2, q);
}

/** The same for the steepest of all minibatches. */
export function curvature(state) {
  const { x, y, size, updates } = state;
  return Math.max(...minibatches(y[0].length, size, updates).map((batch) => steepest(state, columns(x, batch), columns(y, batch))));
}
