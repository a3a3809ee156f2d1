import { composeApplication } from "./compose/application.ts";
import type { Composed, ComposeInput } from "./compose/compose-input.ts";
import { composeObjects } from "./compose/objects.ts";

export type {
  Composed,
  ComposeInput,
  Question,
  SourcedOperation,
} from "./compose/compose-input.ts";
export { type Fragment, mergeOperations } from "./compose/merge-operations.ts";

/**
 * The intent that operations lead to, by rules: upon a Compose file, upon given objects, or upon nothing. Operations that
 * contradict each other, or name what nobody knows, are questions to the person, never a guess; what an operation changes of
 * the input is told. Pure; the order of the operations does not show, since the merged list has its own.
 */
export function applyOperations(input: ComposeInput): Composed {
  return input.base === undefined && input.objects.length > 0
    ? composeObjects(input)
    : composeApplication(input);
}
