// Whether an update is a step of gradient descent: against the gradient, and by what it does to the cost.

import { difference, product, quotient, sameShape, scalar, shapeText, sum, total } from "./arrays.js";
import { agree, inEveryCase, significant } from "./check.js";
import { derivative } from "./derivative.js";
import { MeaningError, NotTrue, ShapeError } from "./errors.js";
import { Evaluator } from "./evaluate.js";
import { facts } from "./facts.js";
import { parse, source } from "./parser.js";
import { Place } from "./places.js";
import { Key } from "./symbols.js";

/** Check that an update subtracts the learning rate times the gradient of C, from the old values. */
export function checkUpdate(label, latex, conditions, program, runs = new Map(), networks = program.world.networks) {
  const tree = parse(latex);
  if (tree.data !== "update") throw new MeaningError("An update is written with \\leftarrow, the new value on its right.");
  const verdict = { cases: [], worst: 0, witness: "mathref.sgd.step" };
  inEveryCase(label, latex, tree, conditions, program, runs, networks, verdict, (run, bound) => {
    verdict.worst = Math.max(verdict.worst, compareStep(tree, latex, run, bound));
  });
  return verdict;
}

function compareStep(tree, latex, run, bound) {
  const [left, right] = tree.children, name = source(left, latex), evaluator = new Evaluator(run, latex, bound);
  const place = evaluator.place(left);
  if (!place.key || place.entry.length || place.sample !== null) {
    throw new MeaningError(`${name} is no parameter: an update changes W or b as a whole.`);
  }
  const old = place.value(run), changed = evaluator.visit(right), eta = run.value(new Key("\\eta")), cost = new Key("C");
  if (!sameShape(old, changed)) throw new ShapeError(`${name} is ${shapeText(old)}, its new value is ${shapeText(changed)}.`);
  const gradient = derivative(run, new Place(cost), place);
  const error = agree(`the new ${name}`, changed, "mathref.sgd.step", difference(old, product(eta, gradient)), run);
  const direction = quotient(difference(changed, old), eta), rate = scalar(facts.smallRate);
  const [before] = run.value(cost).re;
  const [after] = run.withOverride(place.key, sum(old, product(rate, direction))).value(cost).re;
  const [ratio] = quotient(scalar(after - before), product(scalar(-facts.smallRate), total(product(direction, direction)))).re;
  if (!(Math.abs(ratio - 1) <= facts.ratioTolerance)) {
    throw new NotTrue(`A small step changes C by ${significant(ratio, 4)} times what a step down the gradient does.`);
  }
  return error;
}
