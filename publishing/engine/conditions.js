// The conditions on a cell's first line: for which layers, samples and activations it speaks.

import { ConditionError } from "./errors.js";

const READABLE = "N=1, N>1, 1<=l<L, l=L, L=3, activation=softmax, geometry=3x3,2x2, world=name";
const LAYERS = /^(?:([0-9]{1,3})(<=|<))?l(?:(<=|<|=)(L-[0-9]{1,3}|L|[0-9]{1,3}))?$/;

const range = (first, last) => Array.from({ length: Math.max(0, last - first + 1) }, (_, k) => first + k);

/** What line one says, each condition null where it says nothing. */
export class Conditions {
  constructor(stated) {
    Object.assign(this, { samples: null, layers: null, depth: null, activations: null, geometry: null, world: "", find: null,
      using: null }, stated);
  }

  /** The numbers of samples to test with: one, a batch, or both. */
  sampleCounts(batch) {
    return { "N=1": [1], "N>1": [batch] }[this.samples] ?? [1, batch];
  }

  /** The layers l to test in a network of the given depth; all of them if nothing is said. */
  layerRange(depth) {
    if (this.layers === null) return range(1, depth);
    const [, low, lowSign, sign, high] = LAYERS.exec(this.layers);
    const end = high === undefined ? depth : high.startsWith("L") ? depth - Number(high.slice(2) || 0) : Number(high);
    if (sign === "=") return range(Math.max(end, 1), Math.min(end, depth));
    return range(low === undefined ? 1 : Number(low) + (lowSign === "<"), Math.min(end - (sign === "<"), depth));
  }

  /** Whether a case exists that both speak of. */
  overlap(other) {
    return !(this.samples && other.samples && this.samples !== other.samples);
  }

  /** The conditions as a reader sees them, in LaTeX where it is mathematics. */
  toString() {
    const words = [];
    if (this.layers) words.push(`for $${this.layers.replaceAll("<=", "\\le ").replaceAll("<", "< ")}$`);
    if (this.depth) words.push(`for $L=${this.depth}$`);
    if (this.samples) words.push({ "N=1": "for one sample", "N>1": "for a batch" }[this.samples]);
    if (this.activations) words.push(`for $\\sigma$ = ${this.activations.join(" or ")}`);
    if (this.geometry) {
      const [image, kernel] = this.geometry.split(",").map((size) => size.replace("x", " \\times "));
      words.push(`for a $${image}$ image and a $${kernel}$ kernel`);
    }
    return words.join(", ");
  }
}

/** The conditions that the words of line one (after the label) state. */
export function readConditions(words) {
  const stated = {};
  for (const word of words) {
    const [name, value] = readWord(word);
    if (name in stated) throw new ConditionError(`${word}: this condition is stated twice.`);
    stated[name] = value;
  }
  return new Conditions(stated);
}

function readWord(word) {
  if (word === "N=1" || word === "N>1") return ["samples", word];
  if (LAYERS.test(word) && word !== "l") return ["layers", word];
  const [name, ...rest] = word.split("="), value = rest.join("=");
  if (value) {
    if (name === "L" && /^[0-9]{1,3}$/.test(value)) return ["depth", Number(value)];
    if (name === "activation") return ["activations", value.split(",")];
    if (name === "geometry" && /^[0-9]x[0-9],[0-9]x[0-9]$/.test(value)) return ["geometry", value];
    if (name === "using") return ["using", value.split(",")];
    if (name === "world" || name === "find") return [name, value];
  }
  throw new ConditionError(`${word} is no condition. What can stand here: ${READABLE}.`);
}
