import type { Place } from "../place.ts";
import type { KustomizationProblemCode } from "./problems.ts";

/** Thrown inside of a build only: it cannot go on, and why. */
export class Fault extends Error {
  readonly code: KustomizationProblemCode;
  readonly place: Place | undefined;

  constructor(code: KustomizationProblemCode, what: string, place?: Place) {
    super(what);
    this.code = code;
    this.place = place;
  }
}

/** Thrown inside of a build only: kustomize may be able to build it, and this is not. */
export class Unsupported extends Error {
  readonly place: Place | undefined;

  constructor(what: string, place?: Place) {
    super(what);
    this.place = place;
  }
}

/** Runs a step; a fault, or what is not built, without a place gets that of the step. */
export function at<T>(place: Place, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof Fault && error.place === undefined)
      throw new Fault(error.code, error.message, place);
    if (error instanceof Unsupported && error.place === undefined)
      throw new Unsupported(error.message, place);
    throw error;
  }
}
