import { OpsError } from "../../../src/kube/ops-error.ts";

/** The error that work is refused with; anything else fails the test. */
export async function refused(work: Promise<unknown>): Promise<OpsError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof OpsError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}
