// Contour lines of a surface whose heights are known at the points of a grid.

/**
 * The lines at which it has the height `level`, each as its points [column, row], between the points of the grid. A line
 * that closes ends where it begins.
 * @param {number[][]} heights rows of heights
 * @param {number} level
 */
export function contour(heights, level) {
  const above = (i, j) => heights[i][j] > level;
  /** Where the line crosses the side from (i, j) to (k, l), as text: a point that two cells share is one point. */
  const crossing = (i, j, k, l) => {
    if (above(i, j) === above(k, l)) return [];
    const part = (level - heights[i][j]) / (heights[k][l] - heights[i][j]);
    return [`${j + part * (l - j)} ${i + part * (k - i)}`];
  };
  const beside = new Map();
  const join = (one, other) => {
    beside.set(one, [...beside.get(one) ?? [], other]);
    beside.set(other, [...beside.get(other) ?? [], one]);
  };
  for (let i = 0; i + 1 < heights.length; i++) {
    for (let j = 0; j + 1 < heights[0].length; j++) {
      const [a, b, c, d] = [crossing(i, j, i, j + 1), crossing(i, j, i + 1, j), crossing(i, j + 1, i + 1, j + 1),
        crossing(i + 1, j, i + 1, j + 1)].flat();
      if (b) join(a, b);
      if (d) join(c, d); // a saddle: two lines pass through the cell
    }
  }
  const lines = [];
  const follow = (start) => {
    const line = [start];
    for (let [at] = line; at !== undefined;) {
      const next = beside.get(at)?.pop();
      if (next !== undefined) {
        const back = beside.get(next);
        back.splice(back.indexOf(at), 1);
        line.push(next);
      }
      at = next;
    }
    return line.map((point) => point.split(" ").map(Number));
  };
  for (const [point, others] of beside) if (others.length === 1) lines.push(follow(point)); // from edge to edge
  for (const [point, others] of beside) if (others.length) lines.push(follow(point));
  return lines;
}

/** A line without the points that it passes by, when it goes straight on, at no more than `near`. */
export function straightened(line, near) {
  const off = ([x, y], [x_1, y_1], [x_2, y_2]) => (
    Math.abs((x - x_1) * (y_2 - y_1) - (y - y_1) * (x_2 - x_1)) / Math.hypot(x_2 - x_1, y_2 - y_1));
  const kept = [0];
  for (let k = 2; k < line.length; k++) {
    const from = kept.at(-1);
    const passed = line.slice(from + 1, k);
    if (passed.some((point) => !(off(point, line[from], line[k]) <= near))) kept.push(k - 1);
  }
  return [...kept, line.length - 1].map((k) => line[k]);
}
