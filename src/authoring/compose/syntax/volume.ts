/** The parts of the short form of a service's volume: `SOURCE:TARGET:OPTIONS`, `SOURCE:TARGET`, `TARGET`. */
export interface ShortVolume {
  readonly source?: string;
  readonly target: string;
  readonly options: readonly string[];
}

/**
 * Takes a short volume apart (compose-spec 05-services.md "volumes", short syntax; compose-go format/volume.go: a colon
 * after a single letter is a Windows drive). Undefined when it is none.
 */
export function splitVolume(text: string): ShortVolume | undefined {
  const parts: string[] = [];
  let part = "";
  for (const character of text) {
    if (character === ":" && !/^[A-Za-z]$/.test(part)) {
      parts.push(part);
      part = "";
    } else part += character;
  }
  parts.push(part);
  if (parts.length > 3 || parts.some((each) => each === "")) return undefined;
  const [first = "", second, third] = parts;
  if (second === undefined) return { target: first, options: [] };
  return { source: first, target: second, options: third === undefined ? [] : third.split(",") };
}

/** A source that is a path of the host and no name of a volume (compose-go format/volume.go, isFilePath). */
export function isHostPath(source: string): boolean {
  return /^[./~]|^\\\\|^[A-Za-z]:/.test(source);
}
