// One convolutional layer, one plane: the arithmetic of mathref.conv, for the browser. A test holds both equal.
// Matrices are lists of rows.

/** W by half a turn: its last row first, each row backwards. */
export const rot180 = (W) => [...W].reverse().map((row) => [...row].reverse());

/** δ in its frame of zeros: kh − 1 rows above and below, kw − 1 columns on either side. */
export function pad(delta, W) {
  const [above, beside] = [W.length - 1, W[0].length - 1];
  const zeros = (n) => Array(n).fill(0);
  const outside = () => Array.from({ length: above }, () => zeros(delta[0].length + 2 * beside));
  return [...outside(), ...delta.map((row) => [...zeros(beside), ...row, ...zeros(beside)]), ...outside()];
}

/** a ⋆ W, the valid cross-correlation: Σ_p Σ_q a_{i+p−1,j+q−1} w_{pq} at every place where W fits whole. */
export function star(a, W) {
  const entry = (i, j) => W.reduce((sum, row, p) => row.reduce((part, w, q) => part + a[i + p][j + q] * w, sum), 0);
  const places = (n, k) => [...Array(n - k + 1).keys()];
  return places(a.length, W.length).map((i) => places(a[0].length, W[0].length).map((j) => entry(i, j)));
}
