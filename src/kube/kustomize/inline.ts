import type { Place } from "../place.ts";
import type { Problem } from "../problem.ts";
import type { ReadDocument } from "../read-object.ts";
import { readDocuments } from "../yaml/read-documents.ts";
import { addObjects } from "./objects.ts";
import type { Resource } from "./resource.ts";
import { Fault } from "./stop.ts";
import type { Origins } from "./tree.ts";

function documentsIn(text: string, place: Place): readonly ReadDocument[] {
  const places = { value: () => place, key: () => place };
  return readDocuments(place.file, new TextEncoder().encode(text)).map((document) => ({
    ...document,
    places,
  }));
}

function errorOf({ problems }: ReadDocument): Problem | undefined {
  return problems.find(({ severity }) => severity === "error");
}

/** A text of the kustomization as documents; all of it stands where the text does. */
export function inline(text: string, place: Place): readonly ReadDocument[] {
  const documents = documentsIn(text, place);
  for (const document of documents) {
    const problem = errorOf(document);
    if (problem !== undefined) throw new Fault("kustomization/patch", problem.message, place);
  }
  return documents;
}

/**
 * The objects of a text that may just as well be the name of a file: undefined when it holds anything but objects. So does
 * kustomize tell them apart.
 */
export function inlineObjects(
  text: string,
  place: Place,
  origins: Origins,
): { readonly documents: readonly ReadDocument[]; readonly objects: readonly Resource[] } | undefined {
  const documents = documentsIn(text, place);
  if (documents.some((document) => errorOf(document) !== undefined)) return undefined;
  const objects: Resource[] = [];
  try {
    for (const document of documents) addObjects(origins, document, objects);
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
  return { documents, objects };
}
