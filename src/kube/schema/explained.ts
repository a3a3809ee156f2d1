/** What is known of a type or a field, for people: from the native schemas, or from the schema of a custom resource. */
export interface Explained {
  /** As people read it: `[]Container`, `map[string]Quantity`, `int32`. */
  readonly type: string;
  readonly description: string;
  /** Values that it may have; empty when any. */
  readonly values: readonly string[];
  /** One line each: default, limits, feature gates, how lists are joined. */
  readonly facts: readonly string[];
  /** Its fields in the order of their names, those of the items for a list or map; empty for everything else. */
  fields(): readonly ExplainedField[];
}

export interface ExplainedField {
  readonly name: string;
  readonly required: boolean;
  readonly is: Explained;
}
