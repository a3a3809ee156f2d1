/**
 * Members of a rule of a repository's own that a plan records: what decides the rule's findings, and what they say. What an
 * expression would say is not among them: it may quote values (kernel K17).
 */
export const recordedMembers = [
  "id",
  "title",
  "for",
  "match",
  "params",
  "variables",
  "expression",
  "message",
  "path",
  "fix",
] as const;

export type RecordedMember = (typeof recordedMembers)[number];
