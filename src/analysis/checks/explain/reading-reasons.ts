import { type Reason, refused } from "./reason.ts";

/** Why what is read of files, charts, kustomizations, objects and upgrades is told. */
export const readingReasons: Readonly<Record<string, Reason>> = {
  "yaml/syntax": {
    why: "Nothing of the file can be read, so nothing of it is applied.",
    fix: "correct the line",
  },
  "yaml/tag": {
    why: "A tag asks for a type that the text is not of.",
    fix: "remove the tag, or write a value of its type",
  },
  "yaml/too-deep": {
    why: "Readers stop at a depth, and so does the API server: a deeper document is an attack or a mistake.",
    fix: "make the document flatter",
  },
  "yaml/too-many-aliases": {
    why: "A few lines of aliases can become gigabytes in the memory of the reader.",
    fix: "write out what the aliases repeat",
  },
  "yaml/alias": {
    why: "The alias leads to nothing, or to what it stands in.",
    fix: "define the anchor before the alias, outside of it",
  },
  "yaml/merge": {
    why: "What is merged is not a mapping, so that readers differ in what they make of it.",
    fix: "merge mappings, or write the keys out",
  },
  "yaml/merge-override": {
    why: "Readers that follow YAML 1.2 refuse the document or keep the other value.",
    fix: "take the key out of one of the two",
  },
  "yaml/key-type": {
    why: "Kubernetes objects are JSON, where a key is a text.",
    fix: "write the key as a text",
  },
  "yaml/too-many-problems": {
    why: "After so many problems the document is not what it was meant to be.",
    fix: "correct those that are listed, and check again",
  },
  "upgrade/removed-api": {
    why: "After the upgrade the API server answers that there is no such kind: every apply of the file fails.",
    fix: "write it in the version that the finding names, before the upgrade",
  },
  "upgrade/deprecated-api": {
    why: "It still works, and a later version of Kubernetes takes it away.",
    fix: "write it in the version that the finding names",
  },
  "upgrade/removed-component-api": {
    why: "The component of the new version refuses the file, and does not start.",
    fix: "write it in the version that the finding names, before the upgrade",
  },
  "upgrade/deprecated-component-api": {
    why: "It is still read, and a later version of the component refuses it.",
    fix: "write it in the version that the finding names",
  },
  "upgrade/removed-custom-api": {
    why: "The new release of the product serves the kind in another version alone: every apply of the file fails.",
    fix: "write it in the version that the finding names, before the upgrade of the product",
  },
  "upgrade/deprecated-custom-api": {
    why: "It still works, and a later release of the product takes it away.",
    fix: "write it in the version that the finding names",
  },
  "upgrade/refused": {
    why: "The API server of today takes the object and that of the new version does not: the next apply fails.",
    fix: "correct the field, which both versions then take",
  },
  "upgrade/pod-security": {
    why: "Pods that are admitted today are refused after the upgrade, when they are next created.",
  },
  "upgrade/removed-field": {
    why: "A strict server refuses the field and a lenient one drops it: either way it is not what the file says.",
  },
  "upgrade/dropped-field": {
    why: "The API server drops the field without a word where the feature is off, so that the file says what is not so.",
  },
  "upgrade/field-takes-effect": {
    why: "What the file has long said, to no effect, happens from the upgrade on.",
  },
  "upgrade/deprecated-field": {
    why: "It still works, and another field says the same for longer.",
    fix: "use what the finding names",
  },
  "upgrade/no-effect": {
    why: "The file asks for something, often a protection, that Kubernetes gives no longer.",
    fix: "use the field that the finding names",
  },
  "upgrade/changed-default": {
    why: "The file says nothing, so that the same file means something else after the upgrade.",
    fix: "write out the value that is wanted",
  },
  "upgrade/feature-gate": {
    why: "A component that is given a gate it does not know ends at its start, and the node or the control plane with it.",
  },
  "kustomization/malformed": {
    why: "kustomize refuses the file, so that nothing of the folder is built, applied or judged.",
    fix: "correct the field; kustomize edit fix brings old fields to their new names",
  },
  "kustomization/not-found": {
    why: "kustomize ends there, so that nothing of the folder is built, applied or judged.",
  },
  "kustomization/outside": {
    why: "A kustomization that reads outside of its folder can carry a file of the machine that builds it into the cluster.",
  },
  "kustomization/cycle": { why: "A folder that builds on itself has no end." },
  "kustomization/conflict": { why: "Two objects of one identity: which of them holds is nobody's choice." },
  "kustomization/patch": {
    why: "kustomize ends at the patch, so that nothing of the folder is built, applied or judged.",
    fix: "compare the patch's target and paths with the object that it is for",
  },
  "kustomization/replacement": {
    why: "kustomize ends at the replacement, so that nothing of the folder is built, applied or judged.",
    fix: "compare its source and its targets with the objects that are built",
  },
  "kustomization/var": {
    why: "kustomize ends at the var, so that nothing of the folder is built, applied or judged.",
    fix: "compare its objref and its fieldref with the objects that are built, or write a replacement in its place",
  },
  "kustomization/field": {
    why: "kustomize ends at the object, whose field is not of the shape that the transformation needs.",
    fix: "correct the field of the object",
  },
  "kustomization/too-large": {
    why: "A few lines that name one another can become more objects than a machine has memory for.",
  },
  "kustomization/not-built": {
    why: "What kustomize would change is not seen: a fault that it brings in is not found, and one that it takes away is.",
  },
  "chart/malformed": {
    why: "Helm cannot read the chart, so that nothing of it is applied or judged.",
    fix: "correct the chart; helm lint names the same fault",
  },
  "chart/template": {
    why: "Helm ends at the template, so that nothing of the chart is applied or judged.",
    fix: "correct the template, or give the value that it asks for",
  },
  "chart/values": {
    why: "Helm ends at the value, so that nothing of the chart is applied or judged.",
    fix: "correct the value",
  },
  "object/not-an-object": {
    why: "The API server takes mappings with apiVersion and kind alone.",
    fix: "write an object, or leave the document out",
  },
  "object/case-collision": {
    why: "On macOS and Windows one file replaces the other without a word.",
    fix: "rename one of them",
  },
  "object/unknown-component-file": {
    why: "Nothing is said about the file, which is not the same as that it is right.",
    fix: "check it with the component that reads it",
  },
  "object/component-not-read": {
    why: "The component refuses the file, and does not start.",
    fix: "write it in a version that the component reads; the finding names it",
  },
  "object/not-served": {
    why: "The API server answers that there is no such kind: the object cannot be applied at all.",
    fix: "write it in the version that is served; the finding names it",
  },
  "object/off-by-default": {
    why: "On most clusters the API server answers that there is no such kind.",
    fix: "switch the API on where it is meant to be, or use another",
  },
  "object/name": { why: `${refused}.`, fix: "choose a name of lower-case letters, digits and dashes" },
  "object/namespace": {
    why: `${refused}.`,
    fix: "choose a name of lower-case letters, digits and dashes of at most 63",
  },
  "object/label-key": {
    why: `${refused}.`,
    fix: "write [prefix/]name of letters, digits, dashes, points and underscores",
  },
  "object/label-value": {
    why: `${refused}.`,
    fix: "write at most 63 letters, digits, dashes, points and underscores",
  },
  "object/annotation-key": {
    why: `${refused}.`,
    fix: "write [prefix/]name of letters, digits, dashes, points and underscores",
  },
  "object/annotations-size": { why: `${refused}.`, fix: "put the text into a ConfigMap or a file" },
};
