/** A place in a text: the file as the user named it, line and column counted from 1 (columns in UTF-16 units). */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** `file:line:column`, the form that editors and terminals turn into a link. */
export function placeText(place: Place): string {
  return `${place.file}:${place.line}:${place.column}`;
}

/** A place in a template of which the own line could not be told: `line` is the nearest known one. */
export interface RenderedPlace extends Place {
  /** Line of what was rendered. */
  readonly rendered: number;
}

/** The line of what was rendered, where the place is only near. */
export function renderedLine(place: Place | undefined): number | undefined {
  return place !== undefined && "rendered" in place && typeof place.rendered === "number"
    ? place.rendered
    : undefined;
}
