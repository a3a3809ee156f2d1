import type { ImageReference } from "./image-reference.ts";
import type { KnownImage } from "./known-image.ts";
import { knownImages } from "./known-images.ts";

const byRepository: ReadonlyMap<string, readonly KnownImage[]> = index();

function index(): Map<string, KnownImage[]> {
  const map = new Map<string, KnownImage[]>();
  for (const row of knownImages)
    for (const repository of row.repositories) {
      const rows = map.get(repository) ?? [];
      rows.push(row);
      map.set(repository, rows);
    }
  return map;
}

/** The row of the table for an image: the first row of its repository whose tag pattern fits. */
export function knownImage(image: ImageReference): KnownImage | undefined {
  const rows = byRepository.get(`${image.registry}/${image.repository}`) ?? [];
  return rows.find((row) => row.tag === undefined || row.tag.test(image.tag ?? "latest"));
}

/** How sure the table is of a row, as a word of a sentence: `it is known to listen on 80`. */
export function assumed(known: KnownImage): "assumed" | "known" {
  return known.certainty === "guess" ? "assumed" : "known";
}
