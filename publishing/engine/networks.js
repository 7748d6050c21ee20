// The networks that every equation is tried on, and the numbers in them. Which networks there are is told by the engine in
// Python; the numbers are drawn here as there, by a generator that any language replays.

import { difference, entrywise, exponential, matrix, quotient, spread } from "./arrays.js";
import { ConditionError } from "./errors.js";
import { facts } from "./facts.js";

// σ and σ', of one number. e^{-|z|} stands in for e^{-z} and e^{z}: it never overflows.
const small = (z) => Math.exp(-Math.abs(z));
const sigmoid = (z) => (z < 0 ? small(z) : 1) / (1 + small(z));
const ACTIVATIONS = {
  sigmoid: [sigmoid, (z) => small(z) / (1 + small(z)) ** 2],
  tanh: [Math.tanh, (z) => (2 * small(z) / (1 + small(z) ** 2)) ** 2],
  relu: [(z) => (z > 0 ? z : 0), (z) => Number(z > 0)],
  softplus: [(z) => Math.max(z, 0) + Math.log1p(small(z)), sigmoid],
  identity: [(z) => z, () => 1],
};

/** The softmax of each column: the activation that is not elementwise. */
function softmax(z) {
  const [rows, columns] = z.shape;
  const largest = matrix(1, columns, Array.from({ length: columns }, (_, j) =>
    Math.max(...Array.from({ length: rows }, (_, i) => z.re[i * columns + j]))));
  const e = exponential(difference(z, repeated(largest, rows)));
  return quotient(e, repeated(columnSums(e), rows));
}

function repeated(row, rows) {
  const again = (numbers) => numbers && Array.from({ length: rows }, () => numbers).flat();
  return { shape: [rows, row.shape[1]], re: again(row.re), im: again(row.im) };
}

/** The sums of the columns, as one row. */
export function columnSums(a) {
  const [rows, columns] = a.shape;
  const add = (numbers) => numbers && Array.from({ length: columns }, (_, j) => {
    let x = 0;
    for (let i = 0; i < rows; i++) x += numbers[i * columns + j];
    return x;
  });
  return { shape: [1, columns], re: add(a.re), im: add(a.im) };
}

/** σ, as a function of a value. */
export function activationOf(name) {
  return name === "softmax" ? softmax : (z) => entrywise(z, ...ACTIVATIONS[name]);
}

/** σ' as `mathref.activations` has it: a formula, for the functions of `mathref` that are the third witness. */
export const primeOf = (name) => (z) => entrywise(z, ACTIVATIONS[name][1]);

/** Widths of the layers, input first; the name of the activation; the seed of the numbers. */
class Network {
  constructor({ widths, activation, seed }) { Object.assign(this, { widths, activation, seed, geometry: null }); }
  get depth() { return this.widths.length - 1; }
  with(activation) { return new Network({ ...this, activation }); }
  toString() { return `${this.widths.join("-")} ${this.activation}`; }
}

/** The sizes of a convolutional network: its image, its kernels and its channels, those of the image first. */
class Geometry {
  constructor(sizes) { Object.assign(this, sizes); }
  get depth() { return this.kernels.length; }
  get geometry() { return [this.image, this.kernels[0]].map((size) => size.join("x")).join(); }
  with(activation) { return new Geometry({ ...this, activation }); }
  /** The sizes of the planes of every layer, those of the image first. */
  get planes() {
    const sizes = [this.image];
    for (const kernel of this.kernels) {
      sizes.push(this.#placesOf(sizes.at(-1), kernel).map((places, axis) => Math.ceil(places / this.stride[axis])));
    }
    return sizes;
  }
  /** In how many rows and columns of places the first kernel fits on the image in its frame. */
  get places() { return this.#placesOf(this.image, this.kernels[0]); }
  #placesOf(image, kernel) {
    const reach = this.spread(kernel);
    return image.map((length, axis) => length + this.padding[axis][0] + this.padding[axis][1] - reach[axis] + 1);
  }
  /** The rows and columns that a kernel reaches over. */
  spread(kernel) { return spread(kernel, this.dilation); }
}

export const NETWORKS = facts.networks.map((network) => new Network(network));
export const GEOMETRIES = facts.geometries.map((sizes) => new Geometry(sizes));
export const STRIDED = facts.strided.map((sizes) => new Geometry(sizes));

/** The networks that the conditions allow, with the activations that they ask for. */
export function chosen(conditions, networks) {
  const left = networks.filter((n) => [null, n.depth].includes(conditions.depth)
    && [null, n.geometry].includes(conditions.geometry) && conditions.layerRange(n.depth).length);
  if (!left.length && conditions.geometry) {
    const sizes = [...new Set(networks.map((n) => n.geometry).filter(Boolean))].sort();
    throw new ConditionError(`geometry=${conditions.geometry} leaves nothing to test: `
      + (sizes.length ? `there are ${sizes.join(", ")}.` : "there are no planes in this chapter."));
  }
  if (!left.length) {
    const depths = [...new Set(networks.map((n) => n.depth))].sort((a, b) => a - b);
    throw new ConditionError(`The conditions leave nothing to test: the networks have L = ${depths.join(", ")} layers.`);
  }
  if (conditions.activations === null) return left;
  const unknown = conditions.activations.find((name) => !facts.activations.includes(name));
  if (unknown !== undefined) throw new ConditionError(`Unknown activation '${unknown.replaceAll("\\", "\\\\")}': there are ${facts.activations.join(", ")}.`);
  return left.flatMap((n) => conditions.activations.map((name) => n.with(name)));
}

/** The numbers of a free symbol: between 0.2 and 1.2 in size, of either sign. */
export function numbers(seed, name, shape) {
  let state = seed;
  for (const character of name) state = (Math.imul(31, state) + character.charCodeAt(0)) >>> 0;
  const drawn = [];
  for (let k = 0; k < 3 + shape.reduce((x, y) => x * y, 1); k++) {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    state = (state ^ (state >>> 15)) >>> 0;
    const u = state / 2 ** 31 - 1;
    drawn.push(u >= 0 ? u + 0.2 : u - 0.2);
  }
  return { shape: [...shape], re: drawn.slice(3), im: null };
}
