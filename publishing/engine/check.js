// Whether an equation is true: every side evaluated, in every case its conditions allow.

import { isNumber, largest, sameShape, shapeText } from "./arrays.js";
import { analytic } from "./derivative.js";
import { ConditionError, EquationError, MeaningError, NotFalse, NotTrue, ShapeError, TooLarge } from "./errors.js";
import { Evaluator } from "./evaluate.js";
import { facts } from "./facts.js";
import { chosen } from "./networks.js";
import { findData, parse, source } from "./parser.js";
import { Effort, Run } from "./program.js";
import { lettersOf, symbolsOf } from "./symbols.js";
import { testimony } from "./witness.js";

/** Check that all sides of an equation are equal. `runs` are runs to take up and to leave for the next check. */
export function check(label, latex, conditions, program, runs = new Map(), networks = program.world.networks) {
  const tree = parse(latex);
  if (tree.data !== "equation") throw new MeaningError("An update is no equation: its cell is %%update.");
  const verdict = { cases: [], largest: 0, worst: 0, witness: null };
  inEveryCase(label, latex, tree, conditions, program, runs, networks, verdict, (run, bound, isWhole) => {
    compareSides(tree, latex, run, bound, verdict);
    if (isWhole || program.world.hasPlanes) hearWitness(label, tree, latex, run, bound, verdict);
  });
  if (verdict.largest < facts.smallest && tree.children.every((side) => symbolsOf(side).length)) {
    throw new MeaningError(`${headed(label, "says nothing", latex)}\n  Every side is 0 in every case. Does a definition `
      + "lack, so that nothing depends on the variable?");
  }
  return verdict;
}

/** Call `inside` for every network, number of samples, layer and index that an equation speaks of. */
export function inEveryCase(label, latex, tree, conditions, program, runs, networks, verdict, inside) {
  for (const [network, run, layers] of cases(tree, conditions, program, runs, networks)) {
    for (const layer of layers) {
      const bound = layer === null ? {} : { l: layer };
      const ranges = toldWhere(label, latex, run, bound, () => freeIndices(tree, latex, run, bound));
      for (const indices of combinations(ranges)) {
        const indexed = { ...bound, ...indices };
        toldWhere(label, latex, run, indexed, () => inside(run, indexed, !ranges.length));
      }
    }
    verdict.cases.push([network, run.samples, layers.filter((layer) => layer !== null)]);
  }
}

/** Every way to give each index one of its values. */
function combinations(ranges) {
  return ranges.reduce((found, [index, extent]) =>
    found.flatMap((one) => [...Array(extent).keys()].map((value) => ({ ...one, [index]: value }))), [{}]);
}

/** Put the equation in front of an error that comes up inside, and the case after it. */
function toldWhere(label, latex, run, bound, inside) {
  try {
    return inside();
  } catch (error) {
    let [Kind, says, { message }] = [error.constructor, "cannot be checked", error];
    if (error instanceof NotTrue || error instanceof ShapeError) says = "is not true";
    else if (error instanceof TooLarge) [Kind, message] = [MeaningError, "The numbers in it become too large."];
    else if (error instanceof RangeError) [Kind, message] = [MeaningError, "It is nested too deeply, with the definitions it uses."];
    else if (!(error instanceof EquationError)) throw error;
    throw new Kind(`${headed(label, says, latex)}\n  ${message}\n  ${caseWords(run, bound)}`);
  }
}

/** Check that an equation is false by its values or shapes, and return what breaks, in words. */
export function refute(label, latex, conditions, program, runs, checked) {
  const broken = new Map();
  for (const network of chosen(conditions, program.world.networks)) {
    try {
      checked(label, latex, conditions, program, runs, [network]);
    } catch (error) {
      if (!(error instanceof NotTrue || error instanceof ShapeError)) throw error;
      if (!broken.has(error.constructor)) broken.set(error.constructor, error);
    }
  }
  if (!broken.size) throw new NotFalse(`${headed(label, "is not refuted", latex)}\n  It is true in every case tried.`);
  return [NotTrue, ShapeError].filter((kind) => broken.has(kind)).map((kind) => broken.get(kind).message.split("\n").slice(2).join("\n"));
}

/** Every network, run and layers that the conditions allow. */
function* cases(tree, conditions, program, runs, networks) {
  const speaksOfL = symbolsOf(tree).some(({ layer }) => layer?.startsWith("l"));
  if (conditions.layers && !speaksOfL) throw new ConditionError(`${conditions.layers} is stated, but the equation has no layer l.`);
  const effort = new Effort();
  for (const network of chosen(conditions, networks)) {
    for (const samples of program.world.sampleCounts(conditions)) {
      const asked = JSON.stringify([network, samples]);
      if (!runs.has(asked)) runs.set(asked, new Run(program, network, samples));
      runs.get(asked).effort = effort;
      yield [network, runs.get(asked), speaksOfL ? conditions.layerRange(network.depth) : [null]];
    }
  }
}

/** Every index that nothing sums over, with how many values it takes. */
function freeIndices(tree, latex, run, bound) {
  const summed = new Set(findData(tree, "total").map(({ children: [index] }) => index.text));
  const free = [...lettersOf(tree)].filter((letter) => !summed.has(letter)).sort();
  return free.map((index) => [index, new Evaluator(run, latex, bound).extent(index, tree)]);
}

function compareSides(tree, latex, run, bound, verdict) {
  const [first, ...others] = tree.children, value = new Evaluator(run, latex, bound).visit(first);
  for (const other of others) {
    verdict.worst = Math.max(verdict.worst, agree(source(first, latex), value, source(other, latex),
      new Evaluator(run, latex, bound).visit(other), run));
  }
  verdict.largest = Math.max(verdict.largest, largest(value));
}

function hearWitness(label, tree, latex, run, bound, verdict) {
  const [left] = tree.children, evaluator = new Evaluator(run, latex, bound);
  // The equation speaks of the symbol on its left, or of the one that the left side differentiates by.
  const spokenOf = { symbol: left, derivative: left.children.at(-1) }[left.data];
  const heard = testimony(label, run, spokenOf ? evaluator.place(spokenOf).key : null, bound.l);
  if (!heard) return;
  agree(source(left, latex), evaluator.visit(left), ...heard, run);
  [verdict.witness] = heard;
}

/** Throw NotTrue unless two values are equal in every entry; return the worst relative error. */
export function agree(leftName, left, rightName, right, run) {
  // A row times a column is a number, a plane of one entry is none.
  if (isNumber(left) !== isNumber(right) && left.re.length === 1 && right.re.length === 1) {
    [left, right] = [left, right].map((value) => ({ ...value, shape: [] }));
  }
  if (!sameShape(left, right)) {
    throw new ShapeError(`the sides have different shapes: ${leftName} is ${shapeText(left)}, ${rightName} is ${shapeText(right)}.`);
  }
  const { tolerance, noise } = facts[analytic(run.network.activation) ? "exact" : "central"];
  const least = Math.max(facts.floor * Math.max(largest(left), largest(right)), noise / tolerance);
  const errors = left.re.map((x, k) => Math.abs(x - right.re[k]) / Math.max(Math.abs(x), Math.abs(right.re[k]), least));
  const worst = Math.max(...errors);
  if (worst <= tolerance) return worst;
  // The first entry that is as bad as any, but for rounding: the same on every machine.
  const k = errors.findIndex((error) => error > 0.999 * worst), [, columns] = left.shape;
  const entry = isNumber(left) ? "the value" : `entry (${Math.floor(k / columns) + 1}, ${k % columns + 1})`;
  throw new NotTrue(`${leftName} and ${rightName} differ: ${entry} is ${digits(left.re[k])} and `
    + `${digits(right.re[k])}, a relative error of ${significant(errors[k], 2)}.`);
}

/** Four digits, and none of what rounding leaves of a zero. */
function digits(number) {
  return significant(Math.abs(number) < facts.central.noise ? 0 : number, 4);
}

/** A number in so many significant digits, as Python's format `g` writes it. */
export function significant(number, count) {
  let [mantissa, exponent] = number.toExponential(count - 1).split("e");
  // Halfway between two, Python takes the even one and JavaScript the larger.
  const [exact] = number.toExponential(60).split("e");
  if (/^50*$/.test(exact.slice(mantissa.length)) && mantissa.at(-1) % 2) mantissa = exact.slice(0, mantissa.length);
  const trimmed = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (exponent >= -4 && exponent < count) return trimmed(Number(`${mantissa}e${exponent}`).toFixed(count - 1 - exponent));
  return `${trimmed(mantissa)}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}

function headed(label, says, latex) {
  return `${label || "This equation"} ${says}:\n  ${latex.trim().split(/\s+/).join(" ")}`;
}

function caseWords(run, bound) {
  const { program, samples, network } = run, named = program.world.case(network);
  const words = [program.scalar ? named : `network ${named}`];
  if ("l" in bound) words.unshift(`l = ${bound.l}`);
  words.push(...Object.entries(bound).filter(([index]) => index !== "l").map(([index, value]) => `${index} = ${value + 1}`));
  if (!program.scalar) words.push(samples === 1 ? "one sample" : `a batch of ${samples}`);
  return `(${words.join(", ")})`;
}
