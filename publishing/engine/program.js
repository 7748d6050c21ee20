// The definitions of a chapter, compiled together into a forward program, and its runs.
//
// A definition gives one symbol its meaning. What no definition names is an input (x, y, W, b …) and gets numbers. A run is
// the program on one network: it computes the value of any symbol on demand, remembers it, and can be run again with one
// symbol overridden, which recomputes only what depends on that symbol.

import { beside, isNumber, part, scalar, shapeText } from "./arrays.js";
import { MeaningError, ShapeError } from "./errors.js";
import { Evaluator } from "./evaluate.js";
import { facts } from "./facts.js";
import { activationOf, numbers } from "./networks.js";
import { parse, source } from "./parser.js";
import { Key, isDigits, isLetters, readSymbol } from "./symbols.js";
import { Numbers, worldOf } from "./worlds.js";

const notWhole = (label, text) =>
  new MeaningError(`${label}: a definition gives a meaning to a whole symbol, or to its sample i, but not to ${text}.`);

/** One equation that gives the symbol on its left a meaning: {label, latex, conditions, symbol, tree}. */
export function readDefinition(label, latex, conditions) {
  const tree = parse(latex), [left, ...rest] = tree.children, written = source(left, latex);
  if (left.data !== "symbol" || rest.length !== 1) {
    throw new MeaningError(`${label}: a definition is one symbol = its meaning; the left side here is ${written}.`);
  }
  const symbol = readSymbol(left);
  if (![null, "l", "L"].includes(symbol.layer) && !isDigits(symbol.layer)) {
    throw new MeaningError(`${label}: a definition speaks of layer l, L or of one number, not of ${symbol.layer}.`);
  }
  if (symbol.transposed || symbol.sampled || symbol.name === "N") throw notWhole(label, written);
  return { label, latex, conditions, symbol, tree };
}

/** The definitions that hold together. */
export class Program {
  constructor(definitions) {
    this.definitions = definitions;
    this.world = worldOf(definitions);
    this.scalar = this.world instanceof Numbers;
    definitions.forEach((first, k) => {
      this.#refuseEntry(first);
      for (const second of definitions.slice(k + 1)) this.#refuseTwoMeanings(first, second);
    });
  }

  #refuseEntry({ label, symbol, tree, latex }) {
    const indices = symbol.indices.join(""), text = source(tree.children[0], latex);
    if (isDigits(indices) && !this.scalar) {
      throw new MeaningError(`${label}: a definition gives no meaning to a single entry, such as ${text}, `
        + "but to the whole symbol.");
    }
    const ofEachPlane = this.world.indexed && isLetters(indices) && new Set(indices).size === symbol.indices.length;
    if (indices && !(isDigits(indices) || indices === "i" || ofEachPlane)) throw notWhole(label, text);
  }

  #refuseTwoMeanings(first, second) {
    const same = first.symbol.name === second.symbol.name && partsMeet(first.symbol, second.symbol);
    if (same && this.#layersMeet(first, second) && first.conditions.overlap(second.conditions)) {
      throw new MeaningError(`${second.label}: ${source(second.tree.children[0], second.latex)} already has a `
        + `meaning, given by ${first.label}. One symbol has one meaning in a chapter. `
        + "(If this is the same cell with a new label, restart the kernel.)");
    }
  }

  /** The definition that gives `key` its meaning in this network, or undefined. */
  meaning(key, network, samples) {
    return this.definitions.find((d) => d.symbol.name === key.name && partFits(d.symbol.indices, key.part)
      && [null, samples === 1 ? "N=1" : "N>1"].includes(d.conditions.samples)
      && [null, network.geometry].includes(d.conditions.geometry) && layerFits(d, key.layer, network.depth));
  }

  /** Whether a layer exists, in one of the networks, that both definitions speak of. */
  #layersMeet(first, second) {
    return this.world.networks.some(({ depth }) => [null, ...Array(depth + 1).keys()]
      .some((layer) => layerFits(first, layer, depth) && layerFits(second, layer, depth)));
  }
}

function partFits(indices, selected) {
  if (typeof selected === "string") return indices.join("") === selected;
  return indices.length === (selected ?? []).length && indices.every(isLetters);
}

/** Whether two symbols of one name are the same, or one a sample of the other. C_i is a cost of its own. */
function partsMeet(first, second) {
  const [one, other] = [first.indices.join(), second.indices.join()];
  if (first.name !== "C" && [one, other].sort().join(" ") === " i") return true;
  const lettered = isLetters([...first.indices, ...second.indices].join("")); // z_{n,k} and z_{n,c} are the same symbol
  return lettered ? first.indices.length === second.indices.length : one === other;
}

function layerFits({ symbol, conditions }, layer, depth) {
  if (symbol.layer === null || layer === null) return symbol.layer === null && layer === null;
  if (symbol.layer === "l") return conditions.layerRange(depth).includes(layer);
  return layer === (symbol.layer === "L" ? depth : Number(symbol.layer));
}

/** How many nodes of syntax trees may still be evaluated for one equation: sums inside sums must not run for ever. */
export class Effort {
  left = facts.evaluations;
  spend() {
    this.left -= 1;
    if (this.left < 0) {
      throw new MeaningError(`This takes more than ${facts.evaluations} evaluations: too many sums inside one another.`);
    }
  }
}

/** A program on one network, with one sample or a batch. While a chapter's definitions are being written (`drafting`),
 *  a, z and δ may still lack one. */
export class Run {
  #values = new Map();
  #needs = new Map(); // the keys that the value of a key depends on
  #computing = [];

  constructor(program, network, samples, drafting = false) {
    Object.assign(this, { program, network, samples, drafting, activation: activationOf(network.activation), effort: new Effort(),
      overrides: new Map(), derivatives: new Map(), stepped: new Map() });
  }

  /** A run in which `key` has the given value; all that does not depend on it is taken over. */
  withOverride(key, value) {
    const run = new Run(this.program, this.network, this.samples, this.drafting);
    run.effort = this.effort;
    run.overrides = new Map([...this.overrides, [key.id, value]]);
    for (const [id, known] of this.#values) {
      if (this.#needs.get(id).has(key.id)) continue;
      run.#values.set(id, known);
      run.#needs.set(id, this.#needs.get(id));
    }
    return run;
  }

  /** The value of a symbol: a number, or rows and columns. */
  value(key) {
    if (!this.overrides.has(key.id) && !this.#values.has(key.id)) this.#values.set(key.id, this.#computed(key));
    this.#note(key.id, this.#needs.get(key.id));
    return this.overrides.get(key.id) ?? this.#values.get(key.id);
  }

  /** Column i of a symbol, or its value for sample i where it is defined per sample. */
  sample(key, i) {
    const own = this.sampleKey(key, i);
    if (own.id !== key.id && !(this.overrides.has(key.id) && !isNumber(this.overrides.get(key.id)))) {
      this.#note(key.id); // moving the whole moves its columns
      return this.value(own);
    }
    const whole = this.value(key);
    if (this.samples === 1) return whole; // C_1 is C, and the only column is the whole
    if (isNumber(whole) || whole.shape[1] !== this.samples) {
      throw new ShapeError(`${key} has no samples: it is ${shapeText(whole)}.`);
    }
    return part(whole, 0, i, whole.shape[0], 1);
  }

  /** All planes of a symbol, or all its numbers: {counts, planes}, the last index running fastest. */
  stack(key) {
    const counts = this.program.world.counts(this, key);
    if (!this.program.world.indexed) return { counts: counts.map(() => 1), planes: [this.value(key)] };
    const parts = counts.reduce((found, count) => found.flatMap((one) => [...Array(count).keys()].map((k) => [...one, k])), [[]]);
    return { counts, planes: parts.map((indices) => this.value(new Key(key.name, key.layer, indices.length ? indices : null))) };
  }

  /** The key of sample i of a symbol that is defined per sample, of the whole symbol if it is not. */
  sampleKey(key, i) {
    const own = new Key(key.name, key.layer, [i]);
    return this.program.meaning(own, this.network, this.samples) ? own : key;
  }

  /** Remember that the symbol being computed depends on these. */
  #note(key, others = []) {
    if (!this.#computing.length) return;
    const needed = this.#needs.get(this.#computing.at(-1).id);
    needed.add(key);
    for (const other of others) needed.add(other);
  }

  #computed(key) {
    const begun = this.#computing.findIndex(({ id }) => id === key.id);
    if (begun >= 0) throw new MeaningError(`Defined in a circle: ${[...this.#computing.slice(begun), key].join(" needs ")}.`);
    this.#computing.push(key);
    this.#needs.set(key.id, new Set());
    try {
      return this.#fromMeaning(key);
    } finally {
      this.#computing.pop();
    }
  }

  #fromMeaning(key) {
    const definition = this.program.meaning(key, this.network, this.samples);
    if (definition) {
      const bound = key.layer === null ? {} : { l: key.layer };
      if (Array.isArray(key.part)) definition.symbol.indices.forEach((index, k) => { bound[index] = key.part[k]; });
      return new Evaluator(this, definition.latex, bound).visit(definition.tree.children[1]);
    }
    const first = new Key(key.name, key.layer, [0]);
    if (key.part === null && this.program.meaning(first, this.network, this.samples)) {
      return beside([...Array(this.samples).keys()].map((i) => this.value(new Key(key.name, key.layer, [i]))));
    }
    if (key.id === new Key("\\eta").id) return scalar(Math.abs(numbers(this.network.seed, key.name, []).re[0]));
    return this.program.world.input(this, key);
  }
}
