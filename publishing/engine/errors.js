// What can be wrong with an equation, in words for a student.

/** Something about an equation that stops it; the message is all that a reader sees. */
export class EquationError extends Error {}

/** The LaTeX cannot be read. */
export class LatexError extends EquationError {}

/** The LaTeX can be read, but a symbol has no meaning, two, or a circular one. */
export class MeaningError extends EquationError {}

/** An operation was given operands whose shapes do not fit. */
export class ShapeError extends EquationError {}

/** A condition on line one cannot be read, or leaves nothing to test. */
export class ConditionError extends EquationError {}

/** The sides of an equation are not equal. */
export class NotTrue extends EquationError {}

/** An equation that the book calls false is true. */
export class NotFalse extends EquationError {}

/** A number that no float64 holds came up. */
export class TooLarge extends Error {}

/** Put the label in front of an error that comes up inside and does not name it. */
export function naming(label, inside) {
  try {
    return inside();
  } catch (error) {
    if (!(error instanceof EquationError) || error.message.includes(label)) throw error;
    throw new error.constructor(`${label}: ${error.message}`);
  }
}
