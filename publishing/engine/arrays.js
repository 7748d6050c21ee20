// Numbers, columns and planes. A value is {shape, re, im}: `shape` is [] or [rows, columns], `re` holds the entries row by
// row. `im` is null, or tells how fast each entry moves with the number by which is differentiated: the imaginary part of a
// complex step over the step, in the limit of no step. What is kept of every product is the part that is linear in it.

import { ShapeError, TooLarge } from "./errors.js";

function made(shape, re, im = null) {
  if (!re.every(Number.isFinite)) throw new TooLarge();
  return { shape, re, im };
}

export const scalar = (x, moves = null) => made([], [x], moves === null ? null : [moves]);
export const ndim = (a) => a.shape.length;
export const isNumber = (a) => a.shape.length === 0;
export const isZero = (a) => a.re[0] === 0 && !a.im?.[0];
export const sameShape = (a, b) => a.shape.join() === b.shape.join();
export const largest = (a) => a.re.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
/** A shape as the book prints it: 3×1, or "a number". */
export const shapeText = (a) => a.shape.join("×") || "a number";

/** The matrix whose entry in row i and column j is entry k of `a`, where k = place(i, j), or 0 where k is negative. */
function picked(a, rows, columns, place) {
  const places = [];
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) places.push(place(i, j));
  const taken = (numbers) => places.map((k) => (k < 0 ? 0 : numbers[k]));
  return made([rows, columns], taken(a.re), a.im && taken(a.im));
}

/** A product of whatever kind: linear in either factor, so that it moves with one while the other stands still. */
function bilinear(a, b, shape, multiply) {
  const moves = [a.im && multiply(a.im, b.re), b.im && multiply(a.re, b.im)].filter(Boolean);
  return made(shape, multiply(a.re, b.re), moves.length ? moves.reduce((one, other) => one.map((x, k) => x + other[k])) : null);
}

export const matrix = (rows, columns, re) => made([rows, columns], re);

/** σ and its like: a function of each entry by itself, and its slope. */
export function entrywise(a, value, slope) {
  return made(a.shape, a.re.map(value), a.im && a.im.map((moves, k) => moves * slope(a.re[k])));
}

export const negative = (a) => entrywise(a, (x) => -x, () => -1);
export const exponential = (a) => entrywise(a, Math.exp, Math.exp);
export const logarithm = (a) => entrywise(a, Math.log, (x) => 1 / x);
export const power = (a, n) => entrywise(a, (x) => x ** n, (x) => (n === 0 ? 0 : n * x ** (n - 1)));
/** How fast the entries move; nothing moves in a value that does not depend on what is moved. */
export const movement = (a) => made(a.shape, a.im ?? a.re.map(() => 0));

/** The shape that two values have entry by entry, and where each has the entries: a number meets every entry, a column every
 *  column. */
function aligned(a, b) {
  const { shape } = [a, b].find((x) => x.shape[1] > 1) ?? (isNumber(a) ? b : a), [rows = 1, columns = 1] = shape;
  const places = (x) => {
    const place = isNumber(x) ? () => 0 : x.shape[1] === 1 ? (k) => Math.floor(k / columns) : (k) => k;
    return Array.from({ length: rows * columns }, (_, k) => place(k));
  };
  return [shape, places(a), places(b)];
}

/** A sum with these signs. */
function signed(a, b, sign) {
  const [shape, left, right] = aligned(a, b), add = (x, y) => left.map((k, n) => x[k] + sign * y[right[n]]);
  const still = (x) => x.im ?? x.re.map(() => 0);
  return made(shape, add(a.re, b.re), a.im || b.im ? add(still(a), still(b)) : null);
}

export const sum = (a, b) => signed(a, b, 1);
export const difference = (a, b) => signed(a, b, -1);
export function product(a, b) {
  const [shape, left, right] = aligned(a, b);
  return bilinear(a, b, shape, (x, y) => left.map((k, n) => x[k] * y[right[n]]));
}
export function quotient(a, b) {
  const [shape, left, right] = aligned(a, b), re = left.map((k, n) => a.re[k] / b.re[right[n]]);
  const im = a.im || b.im ? re.map((x, n) => ((a.im?.[left[n]] ?? 0) - x * (b.im?.[right[n]] ?? 0)) / b.re[right[n]]) : null;
  return made(shape, re, im);
}

/** The matrix product. */
export function matmul(a, b) {
  const [rows, inner] = a.shape, [, columns] = b.shape;
  return bilinear(a, b, [rows, columns], (x, y) => {
    const found = [];
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let entry = 0;
        for (let k = 0; k < inner; k++) entry += x[i * inner + k] * y[k * columns + j];
        found.push(entry);
      }
    }
    return found;
  });
}

export const transposed = (a) => (isNumber(a) ? a : picked(a, a.shape[1], a.shape[0], (i, j) => j * a.shape[1] + i));
export const turned = (a) => part(a, a.shape[0] - 1, a.shape[1] - 1, ...a.shape, -1, -1);
/** One entry, counted row by row, as a number. */
export const asNumber = (a, k = 0) => made([], [a.re[k]], a.im && [a.im[k]]);
export const reshaped = (a, rows, columns) => made([rows, columns], a.re, a.im);

/** `rows` rows from `top` on and `columns` columns from `left` on, each `down` and `right` from the one before. */
export function part(a, top, left, rows, columns, down = 1, right = 1) {
  return picked(a, rows, columns, (i, j) => (top + i * down) * a.shape[1] + left + j * right);
}

/** A plane in a frame of zeros, [[above, below], [left, right]]. */
export function framed(a, [[top, bottom], [left, right]]) {
  const [rows, columns] = a.shape;
  return picked(a, rows + top + bottom, columns + left + right, (i, j) =>
    (i < top || j < left || i >= top + rows || j >= left + columns ? -1 : (i - top) * columns + j - left));
}

/** A plane without its frame. */
export function cropped(a, [[top, bottom], [left, right]]) {
  return part(a, top, left, a.shape[0] - top - bottom, a.shape[1] - left - right);
}

/** Of the rows and columns every step-th. */
export function kept(a, [down, right]) {
  return part(a, 0, 0, Math.ceil(a.shape[0] / down), Math.ceil(a.shape[1] / right), down, right);
}

/** A plane of the given size with step - 1 zeros between one row, or column, and the next. */
export function spaced(a, [down, right], [rows, columns] = spread(a.shape, [down, right])) {
  return picked(a, rows, columns, (i, j) =>
    (i % down || j % right || i / down >= a.shape[0] || j / right >= a.shape[1] ? -1 : (i / down) * a.shape[1] + j / right));
}

/** How many rows and columns there are once step - 1 zeros stand between one and the next. */
export const spread = (shape, step) => shape.map((length, axis) => (length - 1) * step[axis] + 1);

/** The sum of all entries. */
export function total(a) {
  const add = (numbers) => numbers.reduce((x, y) => x + y, 0);
  return made([], [add(a.re)], a.im && [add(a.im)]);
}

/** Numbers or columns side by side. */
export function beside(columns) {
  const rows = columns[0].re.length;
  if (columns.some(({ re }) => re.length !== rows)) throw new ShapeError("Columns of different lengths do not stand side by side.");
  return transposed(ofRows(columns.map((column) => column.re.map((_, k) => asNumber(column, k)))));
}

/** The matrix of these rows of numbers. */
export function ofRows(rows) {
  const entries = rows.flat(), im = entries.some((a) => a.im) ? entries.map((a) => a.im?.[0] ?? 0) : null;
  return made([rows.length, rows[0].length], entries.map((a) => a.re[0]), im);
}

/** The valid cross-correlation of two planes. */
export function correlation(image, kernel) {
  const [rows, columns] = image.shape.map((length, axis) => length - kernel.shape[axis] + 1);
  const [down, right] = kernel.shape, [, width] = image.shape;
  return bilinear(image, kernel, [rows, columns], (a, w) => {
    const found = [];
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let entry = 0;
        for (let p = 0; p < down; p++) for (let q = 0; q < right; q++) entry += w[p * right + q] * a[(i + p) * width + j + q];
        found.push(entry);
      }
    }
    return found;
  });
}

/** The value with one entry moved by `step`. */
export function moved(a, place, step) {
  return made(a.shape, a.re.map((x, k) => (k === place ? x + step : x)));
}

/** The value in which one entry moves. */
export function moving(a, place) {
  return made(a.shape, a.re, a.re.map((_, k) => Number(k === place)));
}
