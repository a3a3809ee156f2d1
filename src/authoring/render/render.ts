export { fileNames } from "./file-names.ts";
export { renderKustomization } from "./kustomization.ts";
export { renderObject } from "./render-object.ts";
