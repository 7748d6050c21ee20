// The third witness: the function of `mathref` that names an equation's label is run beside it. Which function that is, and
// what its arguments are called, is told by the engine in Python; what it computes is written once more here.

import {
  correlation, cropped, difference, exponential, framed, isNumber, kept, largest, logarithm, matmul, ndim, product, quotient,
  reshaped, scalar, spaced, spread, sum, total, transposed, turned,
} from "./arrays.js";
import { ShapeError } from "./errors.js";
import { facts } from "./facts.js";
import { activationOf, columnSums, primeOf } from "./networks.js";
import { Key } from "./symbols.js";

// The notation table: the argument of a function, the symbol it holds and its layer counted from l.
const ARGUMENTS = { W: ["W", 0], b: ["b", 0], a_prev: ["a", -1], a: ["a", 0], y: ["y", null], z: ["z", 0],
  delta: ["\\delta", 0], W_next: ["W", 1], delta_next: ["\\delta", 1] };
const SHAPES = { input_shape: "a_prev", kernel_shape: "W" };

/** [name, value] of the function that implements the equation, on the numbers of a run; null without one. */
export function testimony(label, run, key, layer = null) {
  if (!Object.hasOwn(facts.witnesses, label)) return null;
  const { name, position, parameters } = facts.witnesses[label], { world } = run.program;
  if (world.hasPlanes && parameters) {
    return /\.(conv|strides)\./.test(name) ? [name, onPlanes(run, key, name, position, parameters)] : null;
  }
  if (world.layered && layer === null) layer = key?.layer ?? run.network.depth;
  if (!parameters) return [name, run.activation(run.value(new Key("z", layer)))]; // an activation: the function is the run's own σ
  const value = called(name, position, parameters, (parameter) => argument(run, layer, parameter));
  return [name, run.program.scalar && value.re.length === 1 ? { ...value, shape: [] } : value];
}

function called(name, position, parameters, argumentOf) {
  const values = Object.fromEntries(parameters.map((parameter) => [parameter, argumentOf(parameter)]));
  const returned = FUNCTIONS_OF[name](values, (fits) => {
    // A symbol of the notation table got another meaning.
    if (!fits) throw new ShapeError(`${name} does not take these symbols: their shapes do not fit.`);
  });
  return position === null ? returned : returned[position];
}

function argument(run, layer, parameter) {
  if (parameter === "activation") return run.network.activation;
  if (!Object.hasOwn(ARGUMENTS, parameter)) {
    throw new ShapeError(`There are no planes here, and only a kernel on a plane has a ${parameter}.`);
  }
  const [name, shift] = ARGUMENTS[parameter], written = layer === null && parameter === "a_prev" ? "x" : name;
  if (run.program.scalar) {
    const value = run.value(new Key(written.toLowerCase()));
    return isNumber(value) ? reshaped(value, 1, 1) : value;
  }
  return run.value(new Key(written, layer === null || shift === null ? null : layer + shift));
}

/** What a function of `mathref.conv` or `mathref.strides` makes of all planes, cut to the plane that `key` speaks of. */
function onPlanes(run, key, name, position, parameters) {
  // The W and δ of \nabla a are those of the layer it was the input of.
  const layer = key.layer !== null && key.name === "\\nabla a" ? key.layer + 1 : key.layer;
  const argumentOf = (parameter) => {
    if (parameter === "activation") return run.network.activation;
    if (["stride", "padding", "dilation"].includes(parameter)) return run.network[parameter];
    if (parameter in SHAPES) return argumentOf(SHAPES[parameter]).planes[0].shape;
    const [symbol, shift] = ARGUMENTS[parameter];
    return run.stack(new Key(symbol, layer === null ? null : layer + shift));
  };
  const { counts, planes } = called(name, position, parameters, argumentOf);
  const part = key.part ?? counts.map(() => 0);
  return planes[part.reduce((place, index, axis) => place * counts[axis] + index, 0)];
}

const isMatrix = (rows, columns, ...values) => values.every(({ shape: [m, n] }) => m === rows && (columns === null || n === columns));
const mean = (x, N) => quotient(x, scalar(N));
const isElementwise = (activation) => activation !== "softmax";
const sharesAddUp = (y) => columnSums(y).re.every((x) => Math.abs(x - 1) <= 1e-4);

// A stack of planes: `each` makes one of what `make` says of every pair of indices.
const each = (rows, columns, make) => ({ counts: [rows, columns],
  planes: Array.from({ length: rows * columns }, (_, k) => make(Math.floor(k / columns), k % columns)) });
const mapped = ({ counts, planes }, map) => ({ counts, planes: planes.map(map) });
const plane = ({ counts, planes }, i, j) => planes[i * counts[1] + j];
const swapped = (stack) => each(stack.counts[1], stack.counts[0], (i, j) => plane(stack, j, i));
const added = (values) => values.reduce((a, b) => sum(a, b));
const upTo = (count) => [...Array(count).keys()];
/** The sum over c of a[n, c] ⋆ W[k, c], for every n and k. */
const star = (a, W) => each(a.counts[0], W.counts[0], (n, k) =>
  added(upTo(a.counts[1]).map((c) => correlation(plane(a, n, c), plane(W, k, c)))));
const placesOf = (image, kernel, { padding, dilation }) => spread(kernel, dilation)
  .map((reach, axis) => image[axis] + padding[axis][0] + padding[axis][1] - reach + 1);
const outputOf = (image, kernel, steps) => placesOf(image, kernel, steps).map((places, axis) => Math.ceil(places / steps.stride[axis]));

/** Whether a layer of this image and kernel has errors of this shape. */
const fitTogether = (image, kernel, error, steps) => [image, kernel, error].every((shape) => shape.length === 2)
  && outputOf(image, kernel, steps).join() === error.join();

function inputGradient({ W, delta, stride, padding, dilation, input_shape: shape }, needs) {
  const steps = { stride, padding, dilation }, kernel = W.planes[0].shape;
  needs(fitTogether(shape, kernel, delta.planes[0].shape, steps) && W.counts[0] === delta.counts[1]);
  const u = mapped(delta, (d) => spaced(d, stride, placesOf(shape, kernel, steps))), V = mapped(W, (w) => spaced(w, dilation));
  const frame = V.planes[0].shape.map((length) => [length - 1, length - 1]);
  const f = star(mapped(u, (d) => framed(d, frame)), swapped(mapped(V, turned)));
  return mapped(f, (g) => cropped(g, padding));
}

const FUNCTIONS_OF = {
  "mathref.dense.forward"({ W, b, a_prev: a }, needs) {
    needs(ndim(W) && isMatrix(W.shape[0], 1, b) && isMatrix(W.shape[1], null, a));
    return sum(matmul(W, a), b);
  },
  "mathref.dense.output_delta"({ a, y, z, activation }, needs) {
    needs(ndim(a) && isMatrix(...a.shape, y, z) && isElementwise(activation));
    return product(difference(a, y), primeOf(activation)(z));
  },
  "mathref.dense.hidden_delta"({ W_next: W, delta_next: delta, z, activation }, needs) {
    needs(ndim(W) && ndim(delta) && isMatrix(W.shape[0], null, delta) && isMatrix(W.shape[1], delta.shape[1], z)
      && isElementwise(activation));
    return product(matmul(transposed(W), delta), primeOf(activation)(z));
  },
  "mathref.dense.gradients"({ delta, a_prev: a }, needs) {
    needs(ndim(delta) && ndim(a) && a.shape[1] === delta.shape[1]);
    const N = delta.shape[1];
    return [mean(matmul(delta, transposed(a)), N), mean(transposed(columnSums(transposed(delta))), N)];
  },
  "mathref.cost.half_squared_error"({ a, y }, needs) {
    needs(ndim(a) && isMatrix(...a.shape, y));
    const distance = difference(a, y);
    return mean(total(product(distance, distance)), 2 * a.shape[1]);
  },
  "mathref.cost.half_squared_error_prime"({ a, y }, needs) {
    needs(ndim(a) && isMatrix(...a.shape, y));
    return difference(a, y);
  },
  "mathref.softmax.softmax"({ z }, needs) {
    needs(ndim(z));
    return activationOf("softmax")(z);
  },
  "mathref.softmax.cross_entropy"({ z, y }, needs) {
    needs(ndim(z) && isMatrix(...z.shape, y) && sharesAddUp(y));
    const most = scalar(largest(z)), shifted = difference(z, most);
    const each = difference(logarithm(columnSums(exponential(shifted))), columnSums(product(y, shifted)));
    return mean(total(each), z.shape[1]);
  },
  "mathref.softmax.output_delta"({ a, y }, needs) {
    needs(ndim(a) && isMatrix(...a.shape, y) && sharesAddUp(y));
    return difference(a, y);
  },
  "mathref.strides.frame"({ a, padding }, needs) {
    needs(a.counts.length === 2 && ndim(a.planes[0]));
    return mapped(a, (image) => framed(image, padding));
  },
  "mathref.conv.forward"({ W, b, a_prev: a, stride, padding, dilation }, needs) {
    const reach = spread(W.planes[0].shape, dilation);
    needs(W.counts[1] === a.counts[1] && b.counts[0] === W.counts[0] && isNumber(b.planes[0]) && ndim(W.planes[0])
      && placesOf(a.planes[0].shape, W.planes[0].shape, { padding, dilation }).every((places) => places >= 1) && reach.length === 2);
    const z = star(mapped(a, (image) => framed(image, padding)), mapped(W, (w) => spaced(w, dilation)));
    return each(...z.counts, (n, k) => sum(kept(plane(z, n, k), stride), b.planes[k]));
  },
  "mathref.conv.input_gradient": inputGradient,
  "mathref.conv.hidden_delta"({ W_next: W, delta_next: delta, z, activation, stride, padding, dilation }, needs) {
    needs(isElementwise(activation) && z.counts[1] === W.counts[1]);
    const passed = inputGradient({ W, delta, stride, padding, dilation, input_shape: z.planes[0].shape }, needs);
    return each(...z.counts, (n, c) => product(plane(passed, n, c), primeOf(activation)(plane(z, n, c))));
  },
  "mathref.conv.gradients"({ delta, a_prev: a, stride, padding, dilation, kernel_shape: shape }, needs) {
    const steps = { stride, padding, dilation }, N = delta.counts[0], [image, error] = [a.planes[0].shape, delta.planes[0].shape];
    needs(fitTogether(image, shape, error, steps) && a.counts[0] === N);
    const f = mapped(a, (one) => framed(one, padding)), u = mapped(delta, (d) => spaced(d, stride, placesOf(image, shape, steps)));
    const dV = swapped(star(swapped(f), swapped(u)));
    const db = upTo(delta.counts[1]).map((k) => mean(added(upTo(N).map((n) => total(plane(delta, n, k)))), N));
    return [mapped(dV, (v) => mean(kept(v, dilation), N)), { counts: [db.length], planes: db }];
  },
};
