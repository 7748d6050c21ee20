// Fully connected layers, backward: the arithmetic of mathref.dense and mathref.cost for one sample, for the browser.
// A test holds both equal. A column is a list of one-entry rows; `slopes` is the column σ'(z).

/** C = ½‖a − y‖². */
export const halfSquaredError = (a, y) => a.reduce((sum, [a_i], i) => sum + (a_i - y[i][0]) ** 2, 0) / 2;

/** δ = (a − y) ⊙ σ'(z), in the last layer. */
export const outputDelta = (a, y, slopes) => a.map(([a_i], i) => [(a_i - y[i][0]) * slopes[i][0]]);

/** W_nextᵀ δ_next, the gradient of C by the activations of this layer. */
export function back(W_next, delta_next) {
  return W_next[0].map((_, k) => [W_next.reduce((sum, row, j) => sum + row[k] * delta_next[j][0], 0)]);
}

/** δ = (W_nextᵀ δ_next) ⊙ σ'(z), in a layer that has a layer after it. */
export function hiddenDelta(W_next, delta_next, slopes) {
  return back(W_next, delta_next).map(([x], k) => [x * slopes[k][0]]);
}

/** ∂C/∂W = δ a_prevᵀ. */
export const weightGradient = (delta, a_prev) => delta.map(([d]) => a_prev.map(([a]) => d * a));
