// What each rule of the grammar means: one method per rule, in the order of `grammar.lark`.

import {
  asNumber, correlation, cropped, difference, exponential, framed, isNumber, isZero, kept, logarithm, matmul, negative,
  ofRows, part, power, product, quotient, reshaped, sameShape, scalar, shapeText, spaced, spread, sum, total, transposed, turned,
} from "./arrays.js";
import { derivative, entrywiseDerivative } from "./derivative.js";
import { MeaningError, ShapeError } from "./errors.js";
import { source } from "./parser.js";
import { cut } from "./places.js";
import { isDigits, readIndices, readSymbol, symbolsOf } from "./symbols.js";
import { Columns, SAMPLE } from "./worlds.js";

/** Evaluates a side of an equation in a run. `bound` holds the layer l and the indices, counted from zero, that have a value. */
export class Evaluator {
  constructor(run, latex, bound) { Object.assign(this, { run, latex, bound: { ...bound } }); }

  /** Evaluate a node, and count it. */
  visit(tree) {
    this.run.effort.spend();
    return this[tree.data](tree);
  }

  // Sums and differences

  add(tree) { return sum(...this.#operands(tree, "+")); }
  subtract(tree) { return difference(...this.#operands(tree, "-")); }
  negate(tree) { return negative(this.visit(tree.children[0])); }

  // Products

  hadamard(tree) {
    const [first, ...others] = tree.children;
    return others.reduce((left, child) => {
      const right = this.visit(child);
      if (!sameShape(left, right)) throw this.#clash(first, left, child, right, "⊙ needs two equal shapes");
      return product(left, right);
    }, this.visit(first));
  }

  correlation(tree) {
    const [image, kernel] = tree.children.map((child) => this.visit(child));
    if (isNumber(image) || isNumber(kernel)) {
      throw new ShapeError(`⋆ stands between two planes; ${this.text(tree.children[isNumber(image) ? 0 : 1])} is a number.`);
    }
    if (image.shape.some((length, axis) => length < kernel.shape[axis])) {
      throw this.#clash(tree.children[0], image, tree.children[1], kernel, "⋆ needs a right side that fits into the left one");
    }
    return correlation(image, kernel);
  }

  times(tree) {
    const [left, right] = tree.children.map((child) => this.visit(child));
    if (isNumber(left) || isNumber(right)) return product(left, right);
    if (left.shape[1] !== right.shape[0]) {
      throw this.#clash(tree.children[0], left, tree.children[1], right,
        "a product needs as many columns on the left as rows on the right");
    }
    const found = matmul(left, right);
    return found.re.length === 1 ? asNumber(found) : found;
  }

  total(tree) {
    const index = tree.children[0].text, bounds = tree.children.slice(1, -1), body = tree.children.at(-1);
    if (isDigits(index)) throw new MeaningError(`A sum runs over a letter, not over ${index}.`);
    if (index in this.bound) throw new MeaningError(`The index ${index} is summed over twice.`);
    const [first, last] = this.#range(index, bounds, body);
    if (last < first) throw new MeaningError(`The sum over ${index} has no terms.`);
    let found = null;
    for (let value = first; value <= last; value++) {
      this.bound[index] = value;
      const term = this.visit(body);
      found = found ? sum(found, term) : term;
    }
    delete this.bound[index];
    return found;
  }

  // Factors

  number(tree) { return scalar(Number(tree.children[0].text)); }

  symbol(tree) {
    const value = this.place(tree).value(this.run), { sampled, transposed: isTransposed } = readSymbol(tree);
    if (sampled) return this.#sampled(value, tree.children[1], tree.children[0].text);
    return isTransposed ? transposed(value) : value;
  }

  derivative(tree) {
    if (symbolsOf(tree).some((symbol) => symbol.transposed || symbol.sampled)) {
      throw new MeaningError("A derivative is by a symbol as it is: transpose the derivative, or step through it, in brackets.");
    }
    return derivative(this.run, ...tree.children.map((child) => this.place(child)));
  }

  fraction(tree) {
    const [above, below] = tree.children.map((child) => this.visit(child)), name = this.text(tree.children[1]);
    if (!isNumber(below)) throw new ShapeError(`You can divide by a number only; ${name} is ${shapeText(below)}.`);
    if (isZero(below)) throw new MeaningError(`Division by zero: ${name} is 0.`);
    return quotient(above, below);
  }

  norm_squared(tree) {
    const [body, exponent] = tree.children;
    if (exponent.text !== "2") throw new MeaningError("Only the squared norm is in the language: the power is 2.");
    const value = this.visit(body);
    return total(product(value, value));
  }

  activation(tree) { return this.#apply(this.run.activation, tree); }

  activation_prime(tree) {
    return this.#apply((z) => entrywiseDerivative(this.run.network.activation, this.run.activation, z), tree);
  }

  logarithm(tree) {
    const [argument] = tree.children, value = this.visit(argument);
    if (value.re.some((x) => x <= 0)) {
      throw new MeaningError(`Only a positive number has a logarithm; in ${this.text(argument)} there is another.`);
    }
    return logarithm(value);
  }

  exponential(tree) { return exponential(this.visit(tree.children[0])); }

  named_function(tree) {
    const [{ text: name }, argument] = tree.children;
    if (!Object.hasOwn(FUNCTIONS, name)) {
      throw new MeaningError(`There is no function ${name}; there are ${Object.keys(FUNCTIONS).join(", ")}.`);
    }
    return FUNCTIONS[name](this, argument);
  }

  // Groups

  transpose(tree) { return transposed(this.visit(tree.children[0])); }

  entry(tree) {
    const [body, subscript] = tree.children, value = this.visit(body);
    return cut(value, readIndices(subscript).map((index) => this.index(index)), `(${this.text(body)})`);
  }

  sampled(tree) {
    const [body, sampling] = tree.children;
    return this.#sampled(this.visit(body), sampling, `(${this.text(body)})`);
  }

  #sampled(plane, sampling, name) {
    const letter = sampling.children[0].text;
    if (letter !== "s" && letter !== "d") throw new MeaningError(`A step is the stride s or the dilation d, not ${letter}.`);
    if (isNumber(plane)) {
      throw new ShapeError(`${name} is ${shapeText(plane)}; a step is taken through the rows and columns of a plane.`);
    }
    const step = this.ofNetwork(letter === "s" ? "stride" : "dilation", letter), { network } = this.run;
    if (sampling.data === "keep_every") return kept(plane, step);
    const passedOver = letter === "s" && plane.shape.join() === network.planes[1].join(); // zeros too where the stride passed over the end
    return spaced(plane, step, passedOver ? network.places : spread(plane.shape, step));
  }

  /** What a network has of strides, in a chapter that has them. */
  ofNetwork(what, name) {
    if (!this.run.program.world.strided) {
      throw new MeaningError(`${name} has no meaning here: no definition of this chapter has a stride, a padding or a dilation.`);
    }
    return this.run.network[what];
  }

  power(tree) {
    const base = this.visit(tree.children[0]), exponent = tree.children[1].text;
    if (!isNumber(base)) {
      throw new ShapeError(`Only a number has powers; ${this.text(tree.children[0])} is ${shapeText(base)}.`);
    }
    if (exponent.length > 1) throw new MeaningError(`The power ${exponent} is not a whole number from 0 to 9.`);
    return power(base, Number(exponent));
  }

  matrix(tree) {
    const rows = tree.children.map((row) => row.children.map((entry) => this.visit(entry)));
    if (new Set(rows.map((row) => row.length)).size > 1) throw new MeaningError("The rows of a pmatrix have different lengths.");
    if (!rows.flat().every(isNumber)) throw new ShapeError("The entries of a pmatrix are numbers.");
    return ofRows(rows);
  }

  // What the rules above share

  /** Where a symbol points, with its layer and indices filled in. */
  place(tree) { return this.run.program.world.place(this, tree); }

  /** How many values an index takes. */
  extent(index, tree) { return this.run.program.world.extent(this, index, tree); }

  /** An evaluator in which those of the indices that have no value yet count their first. */
  withFirst(indices) {
    return new Evaluator(this.run, this.latex, { ...Object.fromEntries([...indices].map((index) => [index, 0])), ...this.bound });
  }

  /** The LaTeX that a node was read from. */
  text(tree) { return source(tree, this.latex); }

  /** The plane that an argument is. */
  plane(argument, name) {
    const plane = this.visit(argument);
    if (isNumber(plane)) throw new ShapeError(`${name} takes a plane; ${this.text(argument)} is a number.`);
    return plane;
  }

  /** The layer of a symbol as a number, or null. */
  layer({ name, layer }) {
    if (layer === null) return null;
    if (!this.run.program.world.layered && isDigits(layer)) {
      throw new MeaningError(`There are no layers here: write (${name})^{${layer}} for a power.`);
    }
    if (isDigits(layer)) return Number(layer);
    const shift = Number(layer.slice(1) || 0);
    if (layer[0] === "L") return this.run.network.depth + shift;
    if (!("l" in this.bound)) throw new MeaningError(`${name}^{${layer}}: nothing says which layer l is here.`);
    return this.bound.l + shift;
  }

  /** The value, counted from zero, of an index such as i, 2 or i+p-1. */
  index(text) {
    if (text in this.bound) return this.bound[text];
    let value = 0;
    for (const [, sign, term] of text.matchAll(/([+-]?)([a-z0-9])/g)) {
      if (!isDigits(term) && !(term in this.bound)) throw new MeaningError(`The index ${term} has no value here.`);
      const number = isDigits(term) ? Number(term) : this.bound[term] + 1;
      value += sign === "-" ? -number : number;
    }
    return value - 1;
  }

  /** The first and the last value of an index that is summed over. */
  #range(index, bounds, body) {
    if (!bounds.length) return [0, this.extent(index, body) - 1];
    const [first, last] = bounds.map((bound) => bound.text);
    if (isDigits(last)) return [Number(first) - 1, Number(last) - 1];
    if (first === "1" && last === "N") {
      const extent = this.extent(index, body);
      if (this.run.program.world.countsSamples(this, index, body)) return [0, extent - 1];
    }
    throw new MeaningError(`The sum over ${index} runs over all of it: write \\sum_{${index}}`
      + `${index === SAMPLE ? "" : ", or i=1 to N for the samples"}.`);
  }

  #operands(tree, sign) {
    const [left, right] = tree.children.map((child) => this.visit(child)), [leftTree, rightTree] = tree.children;
    const fits = sameShape(left, right) || isNumber(left) || isNumber(right)
      || this.#isAddedToColumns(leftTree, left, right) || this.#isAddedToColumns(rightTree, right, left);
    if (!fits) throw this.#clash(leftTree, left, rightTree, right, `${sign} needs two equal shapes`);
    return [left, right];
  }

  /** Whether a term is, as b is, a column that belongs to no sample: it is added to every column of a batch. */
  #isAddedToColumns(tree, { shape }, { shape: other }) {
    return this.run.program.world instanceof Columns && shape[0] === other[0] && shape[1] === 1 && other[1] === this.run.samples
      && !symbolsOf(tree).some(({ indices }) => indices.includes(SAMPLE));
  }

  #clash(left, leftValue, right, rightValue, need) {
    return new ShapeError(`shape clash: ${this.text(left)} is ${shapeText(leftValue)}, `
      + `${this.text(right)} is ${shapeText(rightValue)}; ${need}.`);
  }

  #apply(f, tree) {
    const z = this.visit(tree.children.at(-1));
    if (this.run.network.activation === "softmax" && (isNumber(z) || this.run.program.world.hasPlanes)) {
      throw new ShapeError(`softmax needs a whole column, not a ${isNumber(z) ? "number" : "plane"}.`);
    }
    return f(z);
  }
}

const FUNCTIONS = {
  diag(evaluator, argument) {
    const column = evaluator.visit(argument);
    if (column.shape[1] !== 1) throw new ShapeError(`diag takes one column; ${evaluator.text(argument)} is ${shapeText(column)}.`);
    const zero = scalar(0);
    return ofRows(column.re.map((_, i) => column.re.map((_, j) => (i === j ? asNumber(column, i) : zero))));
  },
  rot180: (evaluator, argument) => turned(evaluator.plane(argument, "rot180")),
  pad(evaluator, argument) {
    if (!["symbol", "sampled", "derivative"].includes(argument.data) || !evaluator.run.program.world.hasPlanes) {
      throw new MeaningError(`pad frames the error of a convolutional layer, not ${evaluator.text(argument)}.`);
    }
    const kernel = evaluator.run.program.world.kernelShape(evaluator, symbolsOf(argument).at(-1));
    return framed(evaluator.plane(argument, "pad"), kernel.map((length) => [length - 1, length - 1]));
  },
  ring: (evaluator, argument) => framed(evaluator.plane(argument, "ring"), [[1, 1], [1, 1]]),
  vec(evaluator, argument) {
    const plane = evaluator.plane(argument, "vec");
    return reshaped(plane, plane.re.length, 1);
  },
  frame: (evaluator, argument) => framed(evaluator.plane(argument, "frame"), evaluator.ofNetwork("padding", "frame")),
  crop(evaluator, argument) {
    const plane = evaluator.plane(argument, "crop"), padding = evaluator.ofNetwork("padding", "crop");
    if (padding.some(([before, after], axis) => before + after >= plane.shape[axis])) {
      throw new ShapeError(`crop would leave nothing of ${evaluator.text(argument)}, which is ${shapeText(plane)}.`);
    }
    return cropped(plane, padding);
  },
  columns(evaluator, argument) {
    const [image, kernel, places] = ofTheKernel(evaluator, "columns"), plane = evaluator.plane(argument, "columns");
    if (plane.shape.join() !== image.join()) {
      throw new ShapeError(`columns takes an image, ${image.join("×")}; ${evaluator.text(argument)} is ${shapeText(plane)}.`);
    }
    return ofRows(positions(kernel).map(([p, q]) => part(plane, p, q, ...places)).map((met) => met.re.map((_, k) => asNumber(met, k))));
  },
  images(evaluator, argument) {
    const [image, kernel, places] = ofTheKernel(evaluator, "images"), found = evaluator.plane(argument, "images");
    const rows = kernel[0] * kernel[1], columns = places[0] * places[1];
    if (found.shape[0] !== rows || found.shape[1] !== columns) {
      throw new ShapeError(`images takes what columns returns, ${rows}×${columns}; `
        + `${evaluator.text(argument)} is ${shapeText(found)}.`);
    }
    return positions(kernel).map(([p, q], row) => framed(reshaped(part(found, row, 0, 1, columns), ...places),
      [[p, image[0] - places[0] - p], [q, image[1] - places[1] - q]])).reduce((a, b) => sum(a, b));
  },
};

const positions = ([rows, columns]) => Array.from({ length: rows * columns }, (_, k) => [Math.floor(k / columns), k % columns]);

function ofTheKernel({ run: { program: { world }, network } }, name) {
  if (!world.hasPlanes || world.layered || world.strided) {
    throw new MeaningError(`${name} has a meaning where there is one convolutional layer, of stride 1 and without padding.`);
  }
  return [network.image, network.kernels[0], network.planes[1]];
}
