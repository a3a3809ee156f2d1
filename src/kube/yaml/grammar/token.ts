/** Kinds of tokens of YAML 1.1, as libyaml names them. */
export const Token = {
  streamEnd: 0,
  documentStart: 2,
  documentEnd: 3,
  blockSequence: 4,
  blockMapping: 5,
  blockEnd: 6,
  flowSequence: 7,
  flowSequenceEnd: 8,
  flowMapping: 9,
  flowMappingEnd: 10,
  blockEntry: 11,
  flowEntry: 12,
  key: 13,
  value: 14,
  alias: 15,
  anchor: 16,
  tag: 17,
  plain: 18,
  quoted: 19,
} as const;

export type TokenKind = (typeof Token)[keyof typeof Token];

export interface YamlToken {
  readonly kind: TokenKind;
  /** Offset at which it begins. */
  readonly at: number;
  /** Offset behind a scalar, a name or a mark; of a block of text behind the line ends that follow it. */
  readonly end: number;
  /** Text of a scalar, name of an anchor or alias, full name of a tag. */
  readonly text: string;
}

/** The text is no YAML: why, and where. */
export class SyntaxFailure extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}
