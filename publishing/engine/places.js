// Where a symbol points in a run: a whole value, one sample of it, or one entry.

import { asNumber, isNumber, part, scalar, shapeText } from "./arrays.js";
import { MeaningError, ShapeError } from "./errors.js";

export class Place {
  constructor(key, { sample = null, entry = [], number = null } = {}) { Object.assign(this, { key, sample, entry, number }); }

  /** What stands there in a run. */
  value(run) {
    if (this.number !== null) return scalar(this.number);
    if (this.sample !== null) return run.sample(this.key, this.sample);
    return cut(run.value(this.key), this.entry, this.key);
  }

  get id() { return `${this.key.id} ${this.sample} ${this.entry}`; }
}

/** An entry, or a row, out of a whole value; one row of one column is a number. */
export function cut(whole, entry, name) {
  if (!entry.length) return whole;
  if (isNumber(whole)) throw new ShapeError(`${name} is a number and has no entries.`);
  if (entry.length > 2) throw new MeaningError(`${name} has two indices, a row and a column.`);
  entry.forEach((index, axis) => {
    if (!(index >= 0 && index < whole.shape[axis])) {
      throw new MeaningError(`${name} is ${shapeText(whole)}: it has no ${axis ? "column" : "row"} ${index + 1}.`);
    }
  });
  const [row, column = 0] = entry;
  const found = part(whole, row, column, 1, entry.length === 2 ? 1 : whole.shape[1]);
  return found.shape[1] === 1 ? asNumber(found) : found;
}
