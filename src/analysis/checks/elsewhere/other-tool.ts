/** A check of another tool. */
export interface OtherCheck {
  readonly id: string;
  /** What it says of itself. */
  readonly name: string;
  /** Further ids by which people know it: an older form, a UUID. */
  readonly also?: readonly string[];
  /** It looks at flags and files of nodes and components, or at a live cluster: at no manifest. */
  readonly component?: true;
  /** Guides that the tool itself says it is of. */
  readonly guides?: readonly string[];
}

export interface OtherTool {
  readonly tool: string;
  /** From what the ids were read. */
  readonly source: string;
  readonly checks: readonly OtherCheck[];
}
