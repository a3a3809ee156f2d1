import { applications } from "./applications.ts";
import type { KnownImage } from "./known-image.ts";
import { monitoring } from "./monitoring.ts";
import { stores } from "./stores.ts";

/** The table of known images; the first row that fits an image counts. */
export const knownImages: readonly KnownImage[] = [...stores, ...applications, ...monitoring];
