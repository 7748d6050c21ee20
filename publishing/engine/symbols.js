// The symbols of an equation: as they are written, and with their layer and indices filled in.

import { findData } from "./parser.js";

/** A symbol with its layer filled in: W^2. `part` is the sample of C_i, or the plane of a_{n,c}, counted from zero, as an
 *  array; or the digits of the number w_1 as text. */
export class Key {
  constructor(name, layer = null, part = null) {
    Object.assign(this, { name, layer, part });
    this.id = `${name} ${layer} ${typeof part} ${part}`;
  }
  toString() {
    const layer = this.layer === null ? "" : `^{${this.layer}}`;
    const part = Array.isArray(this.part) ? this.part.map((index) => index + 1).join() : this.part;
    return this.name + layer + (part ? `_{${part}}` : "");
  }
}

/** A symbol as it is written: {name, layer, indices, transposed, comma, sampled}; the layer is text (l, l-1, L, 2) or null. */
export function readSymbol(tree) {
  return tree.symbol ??= asSymbol(tree);
}

function asSymbol(tree) {
  const [name, ...parts] = tree.children;
  const symbol = { name: name.text.replace(/\s/g, "").replace("\\nabla", "\\nabla "), layer: null, indices: [],
    transposed: false, comma: false, sampled: false };
  for (const part of parts) {
    if (part.data === "transpose_mark") symbol.transposed = true;
    else if (part.data === "keep_every" || part.data === "insert_zeros") symbol.sampled = true;
    else if (part.data === "subscript" || part.data === "comma_subscript") {
      Object.assign(symbol, { indices: readIndices(part), comma: part.data === "comma_subscript" });
    } else {
      const sign = { layer_above: "+", layer_below: "-" }[part.data] ?? "";
      symbol.layer = part.children.map((token) => token.text).join(sign);
    }
  }
  return symbol;
}

/** The indices of a subscript, each as text: i, 2 or i+p-1. */
export function readIndices(tree) {
  return tree.children.map((index) => (index.data ? index.children.map((token) => token.text).join("") : index.text));
}

/** Every symbol in a tree. */
export function symbolsOf(tree) {
  return tree.symbols ??= findData(tree, "symbol").map(readSymbol);
}

/** Every letter that counts something in a tree. */
export function lettersOf(tree) {
  return new Set(findData(tree, "subscript", "comma_subscript").flatMap(readIndices).join("").match(/[a-z]/g));
}

/** The entries of W are written w_{jk}. */
export function matrixName(symbol) {
  return symbol.name === "w" && symbol.indices.length ? { ...symbol, name: "W" } : symbol;
}

export const isDigits = (text) => /^[0-9]+$/.test(text);
export const isLetters = (text) => /^[A-Za-z]+$/.test(text);
