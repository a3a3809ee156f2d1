/** ConfigMap, Secret, Namespace, Node, ServiceAccount. */
import { isObject, type JsonObject } from "../../../../kube/json.ts";
import { cidr, parseCidr } from "../engine/addresses.ts";
import { byteLength, each, eachMember, fields, listOf, objectOf, textOf } from "../engine/build.ts";
import { type Check, report, reportAt, type Run, shown } from "../engine/run.ts";
import { configKey, notQualifiedName } from "../engine/texts.ts";
import { taints } from "../pods/placing.ts";
import { notAmount } from "../pods/resources.ts";
import { amountsOf } from "../engine/amounts.ts";

const MOST = 1024 * 1024;

const keys: Check = eachMember(undefined, configKey);

/** Bytes that a text in base64 stands for. */
function decodedLength(text: string): number {
  const bare = text.replaceAll(/[\r\n]/g, "");
  return Math.max(
    0,
    Math.floor((bare.length * 3) / 4) - (bare.endsWith("==") ? 2 : bare.endsWith("=") ? 1 : 0),
  );
}

function sizeOf(map: JsonObject | undefined, length: (text: string) => number): number {
  let size = 0;
  for (const value of Object.values(map ?? {})) if (typeof value === "string") size += length(value);
  return size;
}

/** ValidateConfigMap. */
export const configMap: Check = fields(
  "core ValidateConfigMap",
  { data: keys, binaryData: keys },
  (value, run) => {
    const data = objectOf(value, "data");
    const binary = objectOf(value, "binaryData");
    for (const key of Object.keys(data ?? {})) {
      if (binary !== undefined && Object.hasOwn(binary, key))
        reportAt(run, ["data", key], "server/duplicate", shown(key), "binaryData has it too");
    }
    const size = sizeOf(data, byteLength) + sizeOf(binary, decodedLength);
    if (size > MOST) report(run, "server/size", `the data have ${size} bytes`, `a ConfigMap takes ${MOST}`);
  },
);

/** What each type of Secret must hold. */
const neededKeys: Readonly<Record<string, readonly (readonly string[])[]>> = {
  "kubernetes.io/dockercfg": [[".dockercfg"]],
  "kubernetes.io/dockerconfigjson": [[".dockerconfigjson"]],
  "kubernetes.io/basic-auth": [["username", "password"]],
  "kubernetes.io/ssh-auth": [["ssh-privatekey"]],
  "kubernetes.io/tls": [["tls.crt"], ["tls.key"]],
};

/** ValidateSecret; stringData goes into data before (rest.Strategy and conversion). */
export const secret: Check = fields("core ValidateSecret", { data: keys, stringData: keys }, (value, run) => {
  const data = objectOf(value, "data") ?? {};
  const texts = objectOf(value, "stringData") ?? {};
  let size = sizeOf(texts, byteLength);
  for (const [key, text] of Object.entries(data))
    if (typeof text === "string" && !Object.hasOwn(texts, key)) size += decodedLength(text);
  if (size > MOST) reportAt(run, "data", "server/too-long", "data", `${size} of at most ${MOST} bytes`);
  checkSecretType(value, data, texts, run);
});

function checkSecretType(value: JsonObject, data: JsonObject, texts: JsonObject, run: Run): void {
  const type = textOf(value, "type") ?? "";
  if (type === "kubernetes.io/service-account-token") {
    const annotation = objectOf(objectOf(value, "metadata"), "annotations")?.[
      "kubernetes.io/service-account.name"
    ];
    if (annotation === undefined || annotation === "")
      reportAt(
        run,
        ["metadata", "annotations"],
        "server/required",
        "annotation kubernetes.io/service-account.name",
      );
    return;
  }
  if (!Object.hasOwn(neededKeys, type)) return;
  for (const alternatives of neededKeys[type] ?? []) {
    const key = alternatives.find((name) => Object.hasOwn(data, name) || Object.hasOwn(texts, name));
    if (key === undefined)
      reportAt(run, "data", "server/required", alternatives.join(" or "), `the type is ${type}`);
    else if (type.startsWith("kubernetes.io/docker")) checkJson(key, data, texts, run);
    else if (type === "kubernetes.io/ssh-auth" && (Object.hasOwn(texts, key) ? texts[key] : data[key]) === "")
      reportAt(run, "data", "server/required", key, `the type is ${type}`);
  }
}

/** The configuration of a registry must be a mapping in JSON. Nothing of it is told. */
function checkJson(key: string, data: JsonObject, texts: JsonObject, run: Run): void {
  const written = texts[key];
  const encoded = data[key];
  let content: string | undefined;
  if (typeof written === "string") content = written;
  else if (typeof encoded === "string") content = decoded(encoded);
  if (content === undefined) return;
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch {
    parsed = undefined;
  }
  if (parsed !== null && (typeof parsed !== "object" || Array.isArray(parsed)))
    reportAt(
      run,
      [typeof written === "string" ? "stringData" : "data", key],
      "server/invalid",
      key,
      "it must be a mapping in JSON",
    );
}

function decoded(text: string): string | undefined {
  try {
    return atob(text.replaceAll(/[\r\n]/g, ""));
  } catch {
    return undefined;
  }
}

const standardFinalizers = new Set(["kubernetes", "orphan", "foregroundDeletion"]);

export const namespace: Check = fields("core ValidateNamespace", {
  finalizers: each((value, run) => {
    if (typeof value !== "string") return;
    const reason =
      notQualifiedName(value) ??
      (value.includes("/") || standardFinalizers.has(value)
        ? undefined
        : "it must be kubernetes, or have a domain");
    if (reason !== undefined) report(run, "server/name", shown(value), reason);
  }),
});

export const nodeSpec: Check = fields("core ValidateNode", { taints }, (value, run) => {
  const one = textOf(value, "podCIDR");
  const many = listOf(value, "podCIDRs");
  if (one === undefined) return;
  // A podCIDR that is set replaces a list whose first value it is not (conversion of NodeSpec).
  if (one !== "" && many[0] !== one) {
    run.path.push("podCIDR");
    cidr(one, run);
    run.path.pop();
    return;
  }
  run.path.push("podCIDRs");
  each(cidr)(many, run);
  run.path.pop();
  run.source = "core ValidateNode";
  if (many.length < 2) return;
  const sizes = new Set(
    many.map((range) => (typeof range === "string" ? parseCidr(range)?.bytes.length : undefined)),
  );
  if (many.length > 2 || sizes.size < 2)
    reportAt(run, "podCIDRs", "server/too-many", "podCIDRs", "at most one for each family");
});

export const nodeStatus: Check = (value, run) => {
  if (!isObject(value)) return;
  run.source = "core ValidateNodeResources";
  for (const list of ["capacity", "allocatable"]) {
    for (const [name, amount] of amountsOf(objectOf(value, list))) {
      const reason = notAmount(name, amount);
      if (reason !== undefined) reportAt(run, [list, name], "server/invalid", shown(name), reason);
    }
  }
};
