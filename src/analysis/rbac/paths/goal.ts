import { OpsError } from "../../../kube/ops-error.ts";
import { printable } from "../../../kube/printable.ts";
import { parseSubject } from "../model/subject.ts";
import { type Held, heldKey } from "./held.ts";

/** What an attacker wants. Cluster-admin has everything else. */
export interface Goal {
  readonly text: string;
  reached(held: Held): boolean;
}

const forms =
  "write cluster-admin, node, node:NAME, secrets, secrets:NAMESPACE, namespace:NAME, traffic, or a subject such as sa:shop/web";

/** @throws {OpsError} USAGE for a goal that is not known. */
export function parseGoal(text: string): Goal {
  const colon = text.indexOf(":");
  const [kind, name] = colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
  const goal = (reached: (held: Held) => boolean): Goal => ({
    text,
    reached: (held) => held.kind === "cluster-admin" || reached(held),
  });
  switch (kind) {
    case "cluster-admin":
      return goal(() => false);
    case "node":
      return goal((held) => held.kind === "node" && (name === "" || held.name === name));
    case "secrets":
      return goal(
        (held) =>
          (held.kind === "secrets" && (held.namespace === "" || held.namespace === name || name === "*")) ||
          (held.kind === "namespace" && name !== "" && held.namespace === name),
      );
    case "namespace":
      if (name === "") break;
      return goal((held) => held.kind === "namespace" && held.namespace === name);
    case "traffic":
      return goal(
        (held) =>
          held.kind === "traffic" && (name === "" || held.namespace === "" || held.namespace === name),
      );
    case "user":
    case "group":
    case "sa":
    case "serviceaccount":
    case "system": {
      const wanted = heldKey({ kind: "identity", identity: parseSubject(text) });
      return goal((held) => held.kind === "identity" && held.limit === undefined && heldKey(held) === wanted);
    }
  }
  throw new OpsError("USAGE", `${printable(JSON.stringify(text))} is no goal`, { hint: forms });
}
