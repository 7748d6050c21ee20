// What the symbols of a chapter are: numbers, columns and matrices, or the planes of a convolution.
//
// A world says which networks an equation is tried on, what its indices count, and which numbers a symbol gets that no
// definition names. It is read off the definitions.

import { isNumber, ndim, scalar, shapeText } from "./arrays.js";
import { ConditionError, MeaningError, ShapeError } from "./errors.js";
import { facts } from "./facts.js";
import { GEOMETRIES, NETWORKS, STRIDED, numbers } from "./networks.js";
import { findData } from "./parser.js";
import { Place } from "./places.js";
import { Key, lettersOf, matrixName, readIndices, readSymbol, symbolsOf } from "./symbols.js";

export const SAMPLE = "i"; // the index that counts the columns of a batch

const isOnly = (indices, letter) => indices.length === 1 && indices[0] === letter;

/** The world that the definitions of a chapter speak of. */
export function worldOf(definitions) {
  const trees = definitions.map(({ tree }) => tree), used = trees.flatMap(symbolsOf);
  const layered = used.some(({ layer }) => layer), indexed = used.some(({ comma }) => comma);
  const has = (...rules) => trees.some((tree) => findData(tree, ...rules).length);
  if (indexed || has("correlation")) return new Planes(layered, indexed, has("keep_every", "insert_zeros"));
  if (layered || used.some(({ name }) => name === "W")) return new Columns(layered);
  return new Numbers();
}

/** What all worlds share. */
class World {
  layered = false;
  indexed = false;
  hasPlanes = false;
  networks = NETWORKS;
  batch = 6; // the number of samples of a batch: no width of any network

  /** The numbers of samples to test with. */
  sampleCounts(conditions) { return conditions.sampleCounts(this.batch); }

  /** The key of a symbol, with its layer filled in. */
  key(evaluator, symbol, part = null) { return new Key(symbol.name, evaluator.layer(symbol), part); }

  /** How many values an index takes, from all that carries it. */
  extent(evaluator, index, tree) {
    const sizes = new Map(this.sizes(evaluator, index, tree));
    for (const node of findData(tree, "entry")) {
      const [body, subscript] = node.children;
      readIndices(subscript).forEach((carried, axis) => {
        if (carried !== index) return;
        const value = evaluator.withFirst(lettersOf(body)).visit(body);
        if (axis >= ndim(value)) throw new ShapeError(`(${evaluator.text(body)}) is ${shapeText(value)}: it has no index ${index}.`);
        sizes.set(value.shape[axis], `the ${axis ? "columns" : "rows"} of ${evaluator.text(body)}`);
      });
    }
    if (!sizes.size) throw new MeaningError(`Nothing here carries the index ${index}.`);
    if (sizes.size > 1) {
      throw new ShapeError(`the index ${index} would count ${[...sizes.values()].join(" and ")}, which are not equally many: `
        + `${[...sizes.keys()].join(" and ")}.`);
    }
    return [...sizes.keys()][0];
  }

  /** The error for a symbol that has no meaning. */
  undefinedSymbol(run, key) {
    const { depth } = run.network;
    if (key.layer !== null && !(key.layer >= 0 && key.layer <= depth)) return outside(key, depth);
    const [elsewhere] = typeof key.part === "string" ? [] : run.program.definitions.filter((d) => d.symbol.name === key.name);
    if (elsewhere?.conditions.samples) {
      return new MeaningError(`${key} is defined by ${elsewhere.label} ${elsewhere.conditions}: `
        + `state ${elsewhere.conditions.samples} on line one.`);
    }
    if (elsewhere?.symbol.layer === "l" && key.part === null && key.layer !== null) {
      return new MeaningError(`${key} has no meaning: ${elsewhere.label} gives one to ${key.name}^{l} for other layers.`);
    }
    const givers = facts.definitions.filter(({ conditions, latex }) => !conditions.includes("world=")
      && (!latex.includes("\\star") || this instanceof Planes)
      && latex.startsWith(key.name) && (key.layer === null ? /^\s*=/ : /^\s*\^/).test(latex.slice(key.name.length)));
    const hint = givers.length ? ` The book defines it: %given ${givers.map(({ label }) => label).join(" or ")}.` : "";
    return new MeaningError(`${key} has no meaning here: no definition of this chapter gives it one.${hint}`);
  }
}

/** Every symbol is a number; the digits below it belong to its name. */
export class Numbers extends World {
  sampleCounts(conditions) {
    if (conditions.samples === "N>1") {
      throw new ConditionError("N>1 leaves nothing to test: every symbol here is a number, so there are no batches.");
    }
    return [1];
  }

  /** A network in words, as the reports print it. */
  case(network) { return `σ = ${network.activation}`; }

  place(evaluator, tree) {
    if (tree.data === "entry") throw new MeaningError(`${evaluator.text(tree)}: every symbol here is a number and has no entries.`);
    const symbol = readSymbol(tree);
    return new Place(this.key(evaluator, symbol, symbol.indices.join("") || null));
  }

  extent(evaluator, index) { throw new MeaningError(`Every symbol here is a number: nothing carries the index ${index}.`); }

  input(run, key) {
    if ("xywba".includes(key.name) && key.layer === null && !Array.isArray(key.part)) return numbers(run.network.seed, String(key), []);
    throw this.undefinedSymbol(run, key);
  }
}

/** Fully connected layers: W is a matrix, everything else a column for each sample. */
export class Columns extends World {
  constructor(layered) {
    super();
    this.layered = layered;
  }

  case(network) {
    return this.layered ? String(network) : `${network.widths[0]} → ${network.widths.at(-1)} ${network.activation}`;
  }

  /** Whether an index counts samples. */
  countsSamples(evaluator, index) { return index === SAMPLE; }

  place(evaluator, tree) {
    const [named, entry] = tree.data === "entry" ? [tree.children[0], readIndices(tree.children[1])] : [tree, []];
    const symbol = matrixName(readSymbol(named)), text = () => evaluator.text(named);
    if (symbol.comma) throw new MeaningError(`${text()}: a comma selects planes, and there are none here.`);
    if (isCount(symbol) && !symbol.transposed && !symbol.sampled) return new Place(null, { number: evaluator.run.samples });
    const key = this.key(evaluator, symbol);
    if (symbol.indices.length > 2 || entry.length && symbol.indices.length) {
      throw new MeaningError(`${text()} has more than two indices.`);
    }
    if (isOnly(symbol.indices, SAMPLE)) return new Place(key, { sample: evaluator.index(SAMPLE) });
    return new Place(key, { entry: (entry.length ? entry : symbol.indices).map((index) => evaluator.index(index)) });
  }

  *sizes(evaluator, index, tree) {
    if (index === SAMPLE) yield [evaluator.run.samples, "the samples"];
    for (const symbol of symbolsOf(tree).map(matrixName)) {
      if (isOnly(symbol.indices, SAMPLE)) continue;
      for (const [axis, carried] of symbol.indices.entries()) {
        if (carried === index) yield sizeOf(evaluator, this.key(evaluator, symbol), axis, index);
      }
    }
  }

  input(run, key) {
    const { network } = run, inLayers = ["matrix", "bias", "layer"];
    let kind = { x: "input", y: "output", t: "output", W: "matrix", b: "bias" }[key.name];
    if (key.layer !== null && (key.name === "x" || key.name === "y")) throw noLayers(key);
    if (key.name === "a" && (key.layer === 0 || !this.layered)) kind = "input";
    else if (run.drafting) kind ??= { a: "layer", z: "layer", "\\delta": "layer" }[key.name];
    if (kind === undefined || key.part !== null) throw this.undefinedSymbol(run, key);
    if (key.layer === null && this.layered && inLayers.includes(kind)) {
      throw new MeaningError(`${key} needs a layer: write ${key.name}^{l}.`);
    }
    const layer = key.layer ?? network.depth;
    if (!(layer >= (kind === "layer" || kind === "input" ? 0 : 1) && layer <= network.depth)) throw outside(key, network.depth);
    const rows = network.widths[kind === "input" ? 0 : layer];
    const columns = { matrix: network.widths[this.layered ? layer - 1 : 0], bias: 1 }[kind] ?? run.samples;
    return numbers(network.seed, String(key), [rows, columns]);
  }
}

// What the indices select: a sample, a channel of the symbol's own layer, or of the layer before.
const PLANE = ["sample", "own"], KERNEL = ["own", "before"];
const SLOTS = { x: PLANE, a: PLANE, z: PLANE, y: PLANE, "\\delta": PLANE, "\\nabla a": PLANE, f: PLANE, u: PLANE,
  W: KERNEL, V: KERNEL, b: ["own"], C: ["sample"] };
const SUCH_AS = { W: "_{k,c}", V: "_{k,c}", b: "_{k}", C: "_{n}" };
const slotsOf = (name) => (Object.hasOwn(SLOTS, name) ? SLOTS[name] : []);

/** Convolutional layers: an image, a kernel and an error are planes. Either there is one sample, one channel and one filter,
 *  and an index counts positions; or commas select the plane, and an entry of it is (a_{n,c})_{ij}. */
export class Planes extends World {
  hasPlanes = true;
  batch = 3; // no number of channels of any geometry

  constructor(layered, indexed, strided) {
    super();
    // With channels and samples one of the document's three is enough: there are so many more numbers in each.
    Object.assign(this, { layered, indexed, strided, networks: strided ? STRIDED : indexed ? GEOMETRIES.slice(2) : GEOMETRIES });
  }

  sampleCounts(conditions) {
    if (this.indexed) return super.sampleCounts(conditions);
    if (conditions.samples === "N>1") {
      throw new ConditionError("N>1 leaves nothing to test: without the index of a sample there is one.");
    }
    return [1];
  }

  case(network) {
    const depth = this.layered ? network.depth : 1;
    const sizes = [network.image, ...network.kernels.slice(0, depth)].map((size) => size.join("×")).join(" ⋆ ");
    const channels = this.indexed ? `, channels ${network.channels.slice(0, depth + 1).join("-")}` : "";
    const padding = network.padding.map((sides) => sides.join("+")).join(" and ");
    const steps = this.strided
      ? `, stride ${network.stride.join("×")}, padding ${padding}, dilation ${network.dilation.join("×")}` : "";
    return `${sizes} ${network.activation}${channels}${steps}`;
  }

  countsSamples(evaluator, index, tree) {
    return this.indexed && symbolsOf(tree).every(({ name, indices }) =>
      slotsOf(name).every((slot, axis) => indices[axis] !== index || slot === "sample"));
  }

  place(evaluator, tree) {
    const [named, entry] = tree.data === "entry" ? [tree.children[0], readIndices(tree.children[1])] : [tree, []];
    const symbol = readSymbol(named), at = (indices) => ({ entry: indices.map((index) => evaluator.index(index)) });
    if (isCount(symbol)) return new Place(null, { number: evaluator.run.samples });
    if (this.indexed) return new Place(this.key(evaluator, symbol, this.#part(evaluator, symbol, named)), at(entry));
    const matrix = matrixName(symbol);
    if (entry.length && symbol.indices.length || ![0, 2].includes((entry.length ? entry : symbol.indices).length)) {
      throw new MeaningError(`${evaluator.text(named)}: an entry of a plane has two indices, a row and a column.`);
    }
    return new Place(this.key(evaluator, matrix), at(entry.length ? entry : symbol.indices));
  }

  /** Which plane, or which number, the indices select. */
  #part(evaluator, symbol, tree) {
    const { name, indices, comma } = symbol, slots = name === "C" && !indices.length ? [] : slotsOf(name);
    const suchAs = name + (SUCH_AS[name] ?? "_{n,c}");
    if (slots.length === 2 && indices.length === 2 && !comma) {
      throw new MeaningError(`${evaluator.text(tree)}: a comma selects planes, ${suchAs}; an entry of one is (${suchAs})_{ij}.`);
    }
    if (indices.length !== slots.length) {
      throw new MeaningError(`${evaluator.text(tree)}: ${slots.length ? `write ${suchAs}` : "it has no planes"}.`);
    }
    return indices.length ? indices.map((index) => evaluator.index(index)) : null;
  }

  /** How many planes, or numbers, each index of a symbol selects from. */
  counts(run, key) {
    const layer = this.layerOf(run, key), { channels } = run.network;
    return slotsOf(key.name).map((slot) => ({ sample: run.samples, own: channels[layer], before: channels[layer - 1] })[slot]);
  }

  layerOf(run, key) {
    if (this.layered) return { x: 0, y: run.network.depth }[key.name] ?? key.layer;
    return { x: 0, a: 0, f: 0, "\\nabla a": 0 }[key.name] ?? 1;
  }

  *sizes(evaluator, index, tree) {
    for (const written of symbolsOf(tree)) {
      const symbol = this.indexed ? written : matrixName(written);
      for (const [axis, carried] of symbol.indices.entries()) {
        if (carried !== index) continue;
        const key = this.key(evaluator, symbol), slot = slotsOf(key.name)[axis];
        if (!this.indexed) {
          yield sizeOf(evaluator, key, axis, index);
        } else if (slot) {
          this.#refuseOutside(evaluator.run, key);
          const what = slot === "sample" ? "samples" : `channels at index ${axis + 1} of ${key}`;
          yield [this.counts(evaluator.run, key)[axis], `the ${what}`];
        }
      }
    }
  }

  /** The shape of the kernel of the layer that a symbol belongs to. */
  kernelShape(evaluator, symbol) {
    const key = this.key(evaluator, symbol), { network } = evaluator.run, layer = this.layerOf(evaluator.run, key);
    if (layer === null || !(layer >= 1 && layer <= network.depth)) throw new MeaningError(`${key} belongs to no layer with a kernel.`);
    return network.spread(network.kernels[layer - 1]);
  }

  input(run, key) {
    const { name, part } = key, free = ["x", "y", "W", "b", ...(run.drafting ? ["a", "z", "\\delta", "\\nabla a"] : [])];
    if (key.layer !== null && (name === "x" || name === "y")) throw noLayers(key);
    if (!free.includes(name) && !(name === "a" && (key.layer === 0 || !this.layered))) throw this.undefinedSymbol(run, key);
    if (key.layer === null && this.layered && name !== "x" && name !== "y") {
      throw new MeaningError(`${key} needs a layer: write ${name}^{l}.`);
    }
    this.#refuseOutside(run, key);
    const counts = this.counts(run, key);
    if (part && !counts.every((count, axis) => !(axis in part) || part[axis] >= 0 && part[axis] < count)) {
      throw new MeaningError(`${key} does not exist: its indices count to ${counts.join(" and ")}.`);
    }
    const layer = this.layerOf(run, key);
    const shape = name === "W" ? run.network.kernels[layer - 1] : name === "b" ? [] : run.network.planes[layer];
    return numbers(run.network.seed, String(key), shape);
  }

  #refuseOutside(run, key) {
    const layer = this.layerOf(run, key), lowest = key.name === "W" || key.name === "b" ? 1 : 0;
    if (slotsOf(key.name).length && key.name !== "C" && (layer === null || !(layer >= lowest && layer <= run.network.depth))) {
      throw outside(key, run.network.depth);
    }
  }
}

const isCount = ({ name, layer, indices }) => name === "N" && layer === null && !indices.length;

function sizeOf(evaluator, key, axis, index) {
  const value = evaluator.run.value(key);
  if (axis >= ndim(value)) throw new ShapeError(`${key} is ${shapeText(value)}: it has no index ${index}.`);
  return [value.shape[axis], `the ${axis ? "columns" : "rows"} of ${key}`];
}

function noLayers(key) {
  return new MeaningError(`${key.name} has no layers: it is ${key.name === "x" ? "a^{0}" : "compared with a^{L}"}. `
    + `A power is written with brackets, (${key.name})^{${key.layer}}.`);
}

function outside(key, depth) {
  return new MeaningError(`${key} does not exist: this network's layers are 1 to ${depth}. `
    + "State for which layers the equation holds, such as 1<=l<L.");
}
