import { describe, expect, it } from "vitest";
import { readStdin } from "../../../kube/read-inputs.ts";
import type { ReadObject } from "../../../kube/read-object.ts";
import { readObjects } from "../../../kube/read-objects.ts";
import { changeFindings } from "./change-findings.ts";

function read(text: string): readonly ReadObject[] {
  return readObjects(readStdin(new TextEncoder().encode(text)).documents).objects;
}

const changes = (before: string, after: string, minor = 37): readonly string[] =>
  changeFindings(read(before), read(after), minor).map(
    ({ path = [], message }) => `${path.join(".")}: ${message}`,
  );

const deployment = (app: string, replicas = 1): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: ${replicas}, selector: {matchLabels: {app: ${app}}}, template: {metadata: {labels: {app: ${app}}}, spec: {containers: [{name: a, image: b}]}}}\n`;
const claim = (size: string, more = ""): string =>
  `apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: ${size}}}${more}}\n`;
const pod = (spec: string): string => `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: ${spec}\n`;
const config = (data: string, more = ""): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: ${data}\n${more}`;

describe("changeFindings", () => {
  it("tells a changed selector, and nothing of what may change", () => {
    expect(changes(deployment("a"), deployment("b"))).toEqual(["spec.selector: spec.selector cannot change"]);
    expect(changes(deployment("a"), deployment("a", 3))).toEqual([]);
  });

  it("has nothing to say of objects that are new, gone or of another namespace", () => {
    expect(changes("", deployment("a"))).toEqual([]);
    expect(changes(deployment("a"), "")).toEqual([]);
    expect(changes(deployment("a"), deployment("b").replace("{name: a}", "{name: a, namespace: n}"))).toEqual(
      [],
    );
  });

  it("takes a default that is written for no change", () => {
    const written = claim("1Gi", ", volumeMode: Filesystem");
    expect(changes(claim("1Gi"), written)).toEqual([]);
    expect(changes(written, claim("1Gi", ", volumeMode: Block"))).toHaveLength(1);
  });

  it("lets claims grow; before 1.34 they could not shrink", () => {
    expect(changes(claim("1Gi"), claim("2Gi"))).toEqual([]);
    expect(changes(claim("2Gi"), claim("1Gi"), 33)).toHaveLength(1);
    expect(changes(claim("2Gi"), claim("1Gi"), 34)).toEqual([]);
    expect(changes(claim("1Gi"), claim("1Gi", ", storageClassName: fast"))).toEqual([]);
    expect(
      changes(claim("1Gi", ", storageClassName: slow"), claim("1Gi", ", storageClassName: fast")),
    ).toEqual(["spec.storageClassName: spec.storageClassName cannot change"]);
  });

  it("lets Pods change their images only", () => {
    expect(
      changes(pod("{containers: [{name: a, image: b}]}"), pod("{containers: [{name: a, image: c}]}")),
    ).toEqual([]);
    expect(
      changes(
        pod("{containers: [{name: a, image: b}]}"),
        pod("{containers: [{name: a, image: b, command: [c]}]}"),
      ),
    ).toEqual(["spec.containers: spec.containers cannot change: of a Pod only its images can"]);
    expect(
      changes(
        pod("{containers: [{name: a, image: b}]}"),
        pod("{containers: [{name: a, image: b}], tolerations: [{operator: Exists}]}"),
      ),
    ).toEqual([]);
  });

  it("holds immutable ConfigMaps and Secrets to their data, an empty value too", () => {
    expect(changes(config("{a: b}", "immutable: true"), config("{a: c}", "immutable: true"))).toHaveLength(1);
    expect(changes(config("{a: ''}", "immutable: true"), config("{}", "immutable: true"))).toHaveLength(1);
    expect(changes(config("{a: b}", "immutable: true"), config("{a: b}"))).toHaveLength(1);
    expect(changes(config("{a: b}"), config("{a: c}"))).toEqual([]);
    const secret = (data: string): string =>
      `apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nimmutable: true\n${data}\n`;
    expect(changes(secret("stringData: {a: b}"), secret("data: {a: Yg==}"))).toEqual([]);
  });

  it("does not count a field of a gate that is off", () => {
    expect(
      changes(
        pod("{containers: [{name: a, image: b}]}"),
        pod("{containers: [{name: a, image: b}], evictionResponders: [{}]}"),
      ),
    ).toEqual([]);
  });
});
