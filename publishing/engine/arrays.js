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

/** The matrix whose entry in row i and column j is entry(i, j), [re, im]. */
function filled(rows, columns, entry, moving) {
  const re = [], im = moving ? [] : null;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const [x, moves] = entry(i, j);
      re.push(x);
      im?.push(moves);
    }
  }
  return made([rows, columns], re, im);
}

/** The matrix whose entry in row i and column j is entry k of `a`, where k = place(i, j), or 0 where k is negative. */
function picked(a, rows, columns, place) {
  return filled(rows, columns, (i, j) => {
    const k = place(i, j);
    return k < 0 ? [0, 0] : [a.re[k], a.im?.[k] ?? 0];
  }, a.im);
}

export const matrix = (rows, columns, re) => made([rows, columns], re);
export const zeros = (rows, columns) => matrix(rows, columns, Array(rows * columns).fill(0));

/** σ and its like: a function of each entry by itself, and its slope. */
export function entrywise(a, value, slope) {
  return made(a.shape, a.re.map(value), a.im && a.im.map((moves, k) => moves * slope(a.re[k])));
}

export const negative = (a) => entrywise(a, (x) => -x, () => -1);
export const exponential = (a) => entrywise(a, Math.exp, Math.exp);
export const logarithm = (a) => entrywise(a, Math.log, (x) => 1 / x);
export const power = (a, n) => entrywise(a, (x) => x ** n, (x) => (n === 0 ? 0 : n * x ** (n - 1)));
export const real = (a) => made(a.shape, a.re);
/** How fast the entries move; nothing moves in a value that does not depend on what is moved. */
export const movement = (a) => made(a.shape, a.im ?? a.re.map(() => 0));

/** Two values entry by entry: a number meets every entry, a column every column. */
function together(a, b, re, im) {
  const [rows, columns] = [a, b].find((x) => x.shape[1] > 1)?.shape ?? (isNumber(a) ? b : a).shape;
  const moving = a.im || b.im;
  if (rows === undefined) {
    return made([], [re(a.re[0], b.re[0])], moving ? [im(a.re[0], b.re[0], a.im?.[0] ?? 0, b.im?.[0] ?? 0)] : null);
  }
  const place = (x, i, j) => (isNumber(x) ? 0 : x.shape[1] === 1 ? i : i * columns + j);
  return filled(rows, columns, (i, j) => {
    const k = place(a, i, j), m = place(b, i, j), x = a.re[k], y = b.re[m];
    return [re(x, y), moving && im(x, y, a.im?.[k] ?? 0, b.im?.[m] ?? 0)];
  }, moving);
}

export const sum = (a, b) => together(a, b, (x, y) => x + y, (x, y, dx, dy) => dx + dy);
export const difference = (a, b) => together(a, b, (x, y) => x - y, (x, y, dx, dy) => dx - dy);
export const product = (a, b) => together(a, b, (x, y) => x * y, (x, y, dx, dy) => x * dy + y * dx);
export const quotient = (a, b) => together(a, b, (x, y) => x / y, (x, y, dx, dy) => (dx - (x / y) * dy) / y);

/** The matrix product. */
export function matmul(a, b) {
  const [rows, inner] = a.shape, columns = b.shape[1], moving = a.im || b.im;
  return filled(rows, columns, (i, j) => {
    let x = 0, moves = 0;
    for (let k = 0; k < inner; k++) {
      const left = i * inner + k, right = k * columns + j;
      x += a.re[left] * b.re[right];
      if (moving) moves += a.re[left] * (b.im?.[right] ?? 0) + (a.im?.[left] ?? 0) * b.re[right];
    }
    return [x, moves];
  }, moving);
}

export const transposed = (a) => (isNumber(a) ? a : picked(a, a.shape[1], a.shape[0], (i, j) => j * a.shape[1] + i));
export const turned = (a) => part(a, a.shape[0] - 1, a.shape[1] - 1, ...a.shape, -1, -1);
export const asNumber = (a) => made([], [a.re[0]], a.im && [a.im[0]]);
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

/** Columns and matrices side by side. */
export function beside(parts) {
  const columns = parts.map((a) => (isNumber(a) ? reshaped(a, 1, 1) : a));
  const [rows] = columns[0].shape;
  if (columns.some((a) => a.shape[0] !== rows)) throw new ShapeError("columns of different lengths do not stand side by side.");
  const places = columns.flatMap((a) => Array.from({ length: a.shape[1] }, (_, j) => [a, j]));
  return filled(rows, places.length, (i, j) => {
    const [a, column] = places[j], k = i * a.shape[1] + column;
    return [a.re[k], a.im?.[k] ?? 0];
  }, columns.some((a) => a.im));
}

/** The matrix of these rows of numbers. */
export function ofRows(rows) {
  return filled(rows.length, rows[0].length, (i, j) => [rows[i][j].re[0], rows[i][j].im?.[0] ?? 0], rows.flat().some((a) => a.im));
}

/** The valid cross-correlation of two planes. */
export function correlation(image, kernel) {
  const [rows, columns] = image.shape.map((length, axis) => length - kernel.shape[axis] + 1);
  const moving = image.im || kernel.im;
  return filled(rows, columns, (i, j) => {
    let x = 0, moves = 0;
    for (let p = 0; p < kernel.shape[0]; p++) {
      for (let q = 0; q < kernel.shape[1]; q++) {
        const a = (i + p) * image.shape[1] + j + q, w = p * kernel.shape[1] + q;
        x += kernel.re[w] * image.re[a];
        if (moving) moves += kernel.re[w] * (image.im?.[a] ?? 0) + (kernel.im?.[w] ?? 0) * image.re[a];
      }
    }
    return [x, moves];
  }, moving);
}

/** The value with one entry moved by `step`. */
export function moved(a, place, step) {
  return made(a.shape, a.re.map((x, k) => (k === place ? x + step : x)));
}

/** The value in which one entry moves. */
export function moving(a, place) {
  return made(a.shape, a.re, a.re.map((_, k) => Number(k === place)));
}
