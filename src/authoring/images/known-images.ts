import { applications } from "./applications.ts";
import type { KnownImage } from "./known-image.ts";
import { linuxserver } from "./linuxserver.ts";
import { monitoring } from "./monitoring.ts";
import { queues } from "./queues.ts";
import { stores } from "./stores.ts";
import { web } from "./web.ts";

/** The table of known images; the first row that fits an image counts. */
export const knownImages: readonly KnownImage[] = [
  ...stores,
  ...queues,
  ...web,
  ...applications,
  ...linuxserver,
  ...monitoring,
];
