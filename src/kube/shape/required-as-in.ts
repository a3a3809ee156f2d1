/** What is said of each member of `T`: `Needed` of one that is required in `T`, `Optional` of one that is not. */
export type RequiredAsIn<T, Needed, Optional> = {
  readonly [K in keyof T]-?: Pick<T, K> extends Required<Pick<T, K>> ? Needed : Optional;
};
