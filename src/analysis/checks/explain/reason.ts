/** Why a check is one. */
export interface Reason {
  readonly why: string;
  /** What to do, where the table of the check says none. */
  readonly fix?: string;
}

/** What the refusal of an object comes to. */
export const refused: string =
  "The API server refuses the object: nothing of it is applied, and a rollout stops halfway";
