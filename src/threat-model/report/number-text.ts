/** A score with one decimal; where it is not known, between what it lies. */
export function numberText(
  value: number | null,
  range: { readonly min: number; readonly max: number },
): string {
  return value === null ? `${range.min.toFixed(1)} to ${range.max.toFixed(1)}` : value.toFixed(1);
}
