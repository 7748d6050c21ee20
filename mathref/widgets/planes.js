import { choice, format, symbol } from "./parts.js";

// What the figures of a convolutional layer share: one plane is laid on another, window by window, and a result fills
// in, entry by entry. Its view is {row, column, shown, …}: the entry whose window is shown, and how many are filled in.
// Indices count from 0, in print from 1.

export const ALL = '<button type="button" data-action="all">all</button>';
export const COUNT = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/** The indices of an entry, as they are printed. */
export const indices = (i, j) => `${i + 1}${j + 1}`;

/** The symbols of the entries of a quantity. */
export const entriesOf = (name, kind, letter) => (i, j) => symbol(name, kind, letter, { sub: indices(i, j) });

export const coloured = (kind, text) => `<span class="q-${kind}">${text}</span>`;

/** What stands small in an entry. */
export const small = (text, kind) => `<small class="small q-${kind}" aria-hidden="true">${text}</small>`;

/** The frame of a window at (row, column), in which `kernel` lies on the plane below. */
export const windowAt = (row, column, kernel) => (
  `<span class="window" style="--row:${row};--column:${column};--rows:${kernel.length};--wide:${kernel[0].length}"></span>`);

/**
 * Class and style of image, kernel and result side by side, by their columns; if they are too wide for that, the kernel
 * and the result stand one under the other, beside the image.
 */
export const sideBySide = (image, kernel, out) => (
  `class="planes${image + kernel + out > 12 ? " large" : ""}" style="--wide:${image};--all:${image + kernel + out};--out:${
    out};--beside:${image + Math.max(kernel, out)}"`);

export const size = (M) => `${M.length} × ${M[0].length}`;
export const differs = (x, y) => Math.abs(x - y) > 1e-9;

/** Why `watched` follows `moved`: they meet in a product, in which `slope` is the partner. */
export const inProduct = (watched, moved, product, partner, slope) => (
  `${watched} has the product <span class="product">${product}</span>, and ${partner} is ${format(slope)}: when ${moved} grows by
    0.10, ${watched} changes by ${format(slope / 10)}.`);

/**
 * The reply to a choice of sign, which names the slip.
 * @param {string} choice "1", "-1" or "0"
 * @param {object} truth
 * @param {string} truth.watched what may change, as markup
 * @param {string} truth.moved what grows
 * @param {number} [truth.slope] how one follows the other, undefined if no product has both
 * @param {number} [truth.slip] how it would, were the kernel turned the other way
 * @param {() => string} truth.slipped what is said to who thought so
 * @param {string} truth.because the reason
 */
export function reply(choice, { watched, moved, slope, slip, slipped, because }) {
  const named = () => {
    if (slip !== undefined && String(Math.sign(slip)) === choice) return slipped();
    if (slope === undefined) return "It has no term to go through.";
    if (slope === 0) return "A factor of 0 lets nothing through.";
    if (choice === "0") return `${watched} does depend on ${moved}.`;
    return `The sign of ${moved} itself does not matter, only that of its partner.`;
  };
  const verdict = Math.sign(slope ?? 0) === Number(choice) ? "<b>Right.</b>" : `<b>Not quite.</b> ${named()}`;
  return `${verdict} ${because} Move it and see.`;
}

/**
 * Where a view looks in the result M, which may be smaller than it was: at an entry that is filled in. `more` is how many
 * further steps there are.
 */
export function lookedAt(view, M, more = 0) {
  const [rows, columns] = [M.length, M[0].length];
  const shown = Math.min(view.shown === "all" ? Infinity : view.shown, rows * columns + more);
  const at = Math.min(Math.min(view.row, rows - 1) * columns + Math.min(view.column, columns - 1), shown - 1);
  return { row: Math.floor(at / columns), column: at % columns, shown, rows, columns };
}

/** The view that looks at another entry of the result M, if there is one, and if it is filled in. */
export function lookTo(view, M, row, column) {
  const { shown, rows, columns } = lookedAt(view, M);
  const there = row >= 0 && row < rows && column >= 0 && column < columns && row * columns + column < shown;
  return there ? { ...view, row, column, hot: null } : view;
}

/** What the shell asks of a figure whose result fills in: its steps, and the parts of its view that a link keeps. */
export function fillingIn(resultOf) {
  const count = (state) => resultOf(state).flat().length;
  return {
    actions: { all: (state, view) => ({ ...view, shown: "all" }) },
    steps: {
      count,
      at: (state, view) => lookedAt(view, resultOf(state)).shown,
      to(state, view, k) {
        const { columns } = lookedAt(view, resultOf(state));
        return { ...view, shown: k, row: Math.floor((k - 1) / columns), column: (k - 1) % columns, hot: null };
      },
    },
    pointed(state) {
      const M = resultOf(state);
      return {
        row: [...M.keys()], column: [...M[0].keys()], shown: ["all", ...Array.from({ length: count(state) }, (_, k) => k + 1)],
      };
    },
  };
}

/** M with so many rows and columns: what it had stays, and what is new are small numbers without symmetry. */
export function resized(M, rows, columns) {
  const added = (i, j) => ((3 * i + 5 * j + 2 * i * j) % 7) - 2;
  return Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => M[i]?.[j] ?? added(i, j)));
}

/**
 * What the shell asks of a figure whose image and kernel can be chosen in size, and the selects that choose.
 * @param {(state: object) => [number[], number[]]} shapes rows and columns of the image, and of the kernel
 * @param {(n: number, k: number) => boolean} fit whether n rows of an image go with k rows of a kernel; so do columns
 * @param {(state: object, image: number[], kernel: number[]) => object} resize the matrices for such shapes
 */
export function sizing(shapes, fit, resize) {
  const every = ["image", "kernel"].flatMap((whose, which) => ["rows", "columns"].map((side, axis) => (
    { name: `${whose} ${side}`, whose, side, which, axis })));
  return {
    sizes: Object.fromEntries(every.map(({ name, whose, side, which, axis }) => [name, {
      words: (value) => `the ${whose} has ${value} ${value === "1" ? side.slice(0, -1) : side}`,
      resize(state, value) {
        const wanted = shapes(state).map((shape) => [...shape]);
        wanted[which][axis] = Number(value);
        return resize(state, ...wanted);
      },
    }])),
    fits(state) {
      const [image, kernel] = shapes(state);
      return image.every((n, axis) => fit(n, kernel[axis]));
    },
    selects(state) {
      const now = shapes(state);
      const select = ({ name, whose, which, axis }) => {
        const other = now[1 - which][axis];
        const values = [1, 2, 3, 4, 5, 6].filter((value) => (which ? fit(other, value) : fit(value, other)));
        return choice(axis ? "×" : whose, `data-size="${name}" aria-label="${name}"`, values, now[which][axis]);
      };
      const pairs = [every.slice(0, 2), every.slice(2)].map((pair) => `<span>${pair.map(select).join("")}</span>`);
      return `<div class="sizes">${pairs.join("")}</div>`;
    },
  };
}
