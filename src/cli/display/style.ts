/** Terminal colours as functions; without colour they give the text back. Only SGR codes of ours ever reach a terminal. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

const sgr =
  (open: number, close: number, on: boolean) =>
  (text: string): string =>
    on && text !== "" ? `\u001b[${open}m${text}\u001b[${close}m` : text;

export function style(color: boolean): Style {
  return {
    bold: sgr(1, 22, color),
    dim: sgr(2, 22, color),
    red: sgr(31, 39, color),
    green: sgr(32, 39, color),
    yellow: sgr(33, 39, color),
    cyan: sgr(36, 39, color),
  };
}

/** Rows in columns: each as wide as its widest cell, two spaces between; the last column is not padded. Widths count the plain text. */
export function columns(rows: readonly (readonly string[])[], indent = "  "): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, visible(cell));
    });
  }
  return rows.map((row) =>
    (
      indent +
      row
        .map((cell, index) =>
          index === row.length - 1 ? cell : cell + " ".repeat((widths[index] ?? 0) - visible(cell)),
        )
        .join("  ")
    ).trimEnd(),
  );
}

function visible(text: string): number {
  // oxlint-disable-next-line no-control-regex -- our own SGR codes take no column
  return text.replaceAll(/\u001b\[\d+m/g, "").length;
}
