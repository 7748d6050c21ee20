// Partial derivatives of the forward program, found by running it: never by a formula of the book.
//
// A value carries how fast it moves along with itself, which is what the complex step computes. Where σ is not analytic
// (ReLU) central differences take its place.

import { beside, difference, isNumber, moved, movement, moving, quotient, reshaped, scalar } from "./arrays.js";
import { MeaningError } from "./errors.js";
import { facts } from "./facts.js";

/** Whether the complex step passes through the activation. */
export const analytic = (activation) => !facts.notAnalytic.includes(activation);

/** The partial derivative of one place of a run with respect to another. */
export function derivative(run, numerator, denominator) {
  if (run.overrides.size) throw new MeaningError("A derivative of a derivative is not in the language.");
  if (numerator.number !== null || denominator.number !== null) {
    throw new MeaningError("N is a count: there is no derivative by it or of it.");
  }
  // Asked for every time, so that the run knows what a remembered derivative depends on.
  const above = numerator.value(run), below = denominator.value(run);
  const asked = `${numerator.id} by ${denominator.id}`;
  if (!run.derivatives.has(asked)) run.derivatives.set(asked, byRunning(run, numerator, above, denominator, below));
  return run.derivatives.get(asked);
}

function byRunning(run, numerator, above, denominator, below) {
  refuseTooManyIndices(run, numerator, above, denominator, below);
  let { key } = denominator, whole = run.value(key);
  const { sample, entry } = denominator;
  let isMoved = () => sample === null && !entry.length;
  if (sample !== null && isNumber(whole)) { // C_i is no column of C, but a number of its own
    [key, whole] = [run.sampleKey(key, sample), below];
    isMoved = () => true;
  } else if (sample !== null) {
    isMoved = (i, j) => j === sample;
  } else if (entry.length) {
    isMoved = (i, j) => i === entry[0] && (entry.length === 1 || j === entry[1]);
  }
  const step = analytic(run.network.activation) ? exactly : byCentralDifference, [, width = 1] = whole.shape;
  const columns = whole.re.map((_, k) => k).filter((k) => isMoved(Math.floor(k / width), k % width))
    .map((k) => step(run, numerator, key, whole, k));
  if (isNumber(below)) return columns[0];
  if (isNumber(above)) return reshaped({ shape: [], re: columns.map((column) => column.re[0]), im: null }, ...below.shape);
  return beside(columns);
}

function exactly(run, numerator, key, whole, k) {
  return movement(numerator.value(stepped(run, key, k, "1", () => moving(whole, k))));
}

function byCentralDifference(run, numerator, key, whole, k) {
  const [above, below] = [facts.centralStep, -facts.centralStep].map((h) =>
    numerator.value(stepped(run, key, k, h, () => moved(whole, k, h))));
  return quotient(difference(above, below), scalar(2 * facts.centralStep));
}

/** The run in which one number is moved; it is kept, since many derivatives are by the same number. */
function stepped(run, key, k, step, value) {
  const asked = `${key.id} ${k} ${step}`;
  if (!run.stepped.has(asked)) run.stepped.set(asked, run.withOverride(key, value()));
  run.stepped.get(asked).effort = run.effort;
  return run.stepped.get(asked);
}

function refuseTooManyIndices(run, numerator, above, denominator, below) {
  if (isNumber(above) || isNumber(below)) return;
  const what = `\\partial ${numerator.key} / \\partial ${denominator.key}`;
  if (run.program.world.hasPlanes) throw new MeaningError(`${what} would have four indices; take an entry of each, and sum.`);
  if (above.shape[1] > 1 && above.shape[1] === run.samples) {
    throw new MeaningError(`${what} is a Jacobian and speaks of one sample, but there are ${run.samples}: state N=1.`);
  }
  if (above.shape[1] !== 1 || below.shape[1] !== 1) {
    throw new MeaningError(`${what} would have three indices; take an entry of ${numerator.key}, and sum.`);
  }
}

/** σ' at every entry of z: the derivative of each entry of σ(z) by the same entry of z. */
export function entrywiseDerivative(name, activation, z) {
  if (z.im) throw new MeaningError("A derivative of \\sigma' is not in the language.");
  if (name === "softmax") {
    const [, columns] = z.shape, re = z.re.map((_, k) => {
      const row = Math.floor(k / columns);
      return activation({ ...z, im: z.re.map((_, m) => Number(Math.floor(m / columns) === row)) }).im[k];
    });
    return { ...z, re };
  }
  if (!analytic(name)) {
    const [above, below] = [facts.centralStep, -facts.centralStep].map((h) => activation({ ...z, re: z.re.map((x) => x + h) }));
    return quotient(difference(above, below), scalar(2 * facts.centralStep));
  }
  return movement(activation({ ...z, im: z.re.map(() => 1) }));
}
