import { scopeOf } from "../../../kube/catalogue/catalogue.ts";
import type { JsonObject } from "../../../kube/json.ts";
import type { ObjectKey, ReadObject } from "../../../kube/read-object.ts";
import type { Finding } from "../../findings/finding.ts";
import { isReshaped } from "../deprecations/body-notes.ts";
import { serverCodes } from "./engine/server-codes.ts";
import type { Fault, Run } from "./engine/run.ts";
import { rulesOf } from "./kinds.ts";
import { checkMetadata } from "./metadata.ts";

const none: readonly Finding[] = [];
const reviewGroups = new Set(["authentication.k8s.io", "authorization.k8s.io"]);

/**
 * What kube-apiserver of a minor would refuse of an object that is created, beyond types, names and labels: the rules of
 * pkg/apis/<group>/validation of k8s.io/kubernetes, each with the Go function it is transcribed from in its hint. Values of a
 * wrong type are passed over: the schema check tells them. Members that are left out count as their defaults.
 */
export function serverFindings(read: ReadObject, key: ObjectKey, minor: number): readonly Finding[] {
  const faults = serverFaults(read.object, key, minor);
  return faults.length === 0 ? none : faults.map((fault) => findingOf(fault, read, key));
}

/** The same, without places. */
export function serverFaults(object: JsonObject, key: ObjectKey, minor: number): readonly Fault[] {
  const run: Run = { minor, path: [], source: "", faults: [] };
  // Reviews are questions: nothing of their metadata is looked at but by their own rules.
  if (!reviewGroups.has(key.group))
    checkMetadata(object, key, scopeOf(key.group, key.kind) !== undefined, run);
  // The rules are written for the newest shape of a kind, into which the server converts the others first.
  if (!isReshaped(key)) rulesOf(key.group, key.kind)?.(object, run);
  return run.faults;
}

/** A fault as a finding, at its place. */
export function findingOf(fault: Fault, read: ReadObject, key: ObjectKey): Finding {
  const row = serverCodes[fault.code];
  return {
    code: fault.code,
    severity: row.severity,
    message: row.message(fault.what, fault.other),
    place: read.places.value(fault.path),
    path: [...read.path, ...fault.path],
    object: key,
    hint: `${row.hint} (the server's rule: ${fault.source})`,
  };
}
