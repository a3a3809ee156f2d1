import type { ObjectsIntent } from "../../authoring/intent/intent.ts";
import { jsonDigest } from "../../kube/digest.ts";
import { isObject, type Json, type JsonObject, valueAt } from "../../kube/json.ts";
import { identity, keyText, objectKey } from "../../kube/object-key.ts";
import { printable } from "../../kube/printable.ts";
import type { EditFieldOperation, ScaleOperation } from "../operations/operation.ts";
import { editableField } from "../projection/editable-field.ts";
import type { Composed, ComposeInput } from "./compose-input.ts";
import type { GivenWorkload } from "./given-objects.ts";
import { connectGiven, exposeGiven, restrictGiven } from "./objects-network.ts";
import { addObject, besideWorkload, type ObjectsWork, theWorkload } from "./objects-work.ts";
import { askForGit, newOutcomes, type Turn, turnText } from "./outcomes.ts";
import { setAt } from "./set-at.ts";

/** Given objects with values set and policies, Services and autoscalers added: an intent of objects. */
export function composeObjects(input: ComposeInput): Composed {
  const outcomes = newOutcomes(input.operations);
  const work: ObjectsWork = {
    outcomes,
    objects: new Map(input.objects.map((object) => [identity(objectKey(object)), object])),
    given: input.objects,
    opened: new Map(),
  };
  for (const [index, { operation, sources }] of input.operations.entries()) {
    apply(work, { index, operation, sources }, input.gitTarget);
  }
  const objects = [...work.objects.values()];
  const report = outcomes.report();
  const intent: ObjectsIntent = {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "Intent",
    source: "objects",
    namespace: input.namespace,
    objects: objects.map((object) => ({ key: objectKey(object), digest: jsonDigest(object) })),
    report,
  };
  return { intent, objects, questions: outcomes.questions(), report };
}

function apply(work: ObjectsWork, turn: Turn, gitTarget: boolean): void {
  const { operation } = turn;
  switch (operation.kind) {
    case "deploy":
      return work.outcomes.ask(
        "agent/not-with-objects",
        `${turnText(turn)} deploys ${operation.name} beside given objects: ask for it without -f, or give a Compose file`,
      );
    case "edit_field":
      return editField(work, { ...turn, operation });
    case "scale":
      return scale(work, { ...turn, operation });
    case "connect":
      return connectGiven(work, { ...turn, operation });
    case "restrict":
      return restrictGiven(work, { ...turn, operation });
    case "expose":
      return exposeGiven(work, { ...turn, operation });
    case "commit_to_git":
      if (!gitTarget) askForGit(work.outcomes, turn);
  }
}

function editField(work: ObjectsWork, turn: Turn<EditFieldOperation>): void {
  const { objectKind, objectName, path, value } = turn.operation;
  const found = work.given.filter((object) => {
    const key = objectKey(object);
    return key.kind === objectKind && key.name === objectName;
  });
  const [only] = found;
  if (only === undefined || found.length > 1) {
    work.outcomes.ask(
      "agent/ambiguous-object",
      `${turnText(turn)} edits ${objectKind} ${objectName}: ${found.length === 0 ? "no such object was given" : `${found.length} such objects were given, in several namespaces or groups`}`,
    );
    return;
  }
  setFields(work, turn, [{ object: only, path, value }]);
}

interface Edit {
  readonly object: JsonObject;
  readonly path: readonly string[];
  readonly value: string | number | boolean;
}

/** What became of one value: `same` where it stood there already; `asked` where a question stands before it. */
type SetOutcome = "set" | "same" | "asked";

function setField(work: ObjectsWork, turn: Turn, { object, path, value }: Edit): SetOutcome {
  const key = objectKey(object);
  const field = editableField(object, path);
  const where = `${path.join(".")} of ${printable(keyText(key))}`;
  const problem = field.ok
    ? field.takes.takes(value)
      ? undefined
      : `${where} takes ${field.takes.what}`
    : field.problem;
  if (problem !== undefined || !field.ok) {
    work.outcomes.ask("agent/cannot-edit", `${turnText(turn)}: ${problem ?? ""}`);
    return "asked";
  }
  if (!work.outcomes.claim(where, value, turn)) return "asked";
  const now = work.objects.get(identity(key)) ?? object;
  if (valueAt(now, field.path) === value) return "same";
  const edited = setAt(now, field.path, value);
  if (isObject(edited)) work.objects.set(identity(key), edited);
  return "set";
}

/** Sets values that belong together; when each of them stood there already, the operation has no effect, and says so. */
function setFields(work: ObjectsWork, turn: Turn, edits: readonly Edit[]): void {
  const outcomes = edits.map((edit) => setField(work, turn, edit));
  if (outcomes.every((outcome) => outcome === "same")) work.outcomes.dropped(turn, "that is so already");
}

function scale(work: ObjectsWork, turn: Turn<ScaleOperation>): void {
  const { workload: name, replicas, min, max, cpuPercent } = turn.operation;
  const workload = theWorkload(work, turn, name);
  if (workload === undefined) return;
  const key = objectKey(workload.object);
  if (!/^(?:Deployment|StatefulSet|ReplicaSet|ReplicationController)$/u.test(key.kind)) {
    return work.outcomes.ask(
      "agent/cannot-edit",
      `${turnText(turn)}: a ${printable(key.kind)} has no number of Pods to set`,
    );
  }
  const autoscaler = work.given.find((object) => scales(object, workload));
  if (replicas !== undefined) {
    if (autoscaler === undefined) {
      return setFields(work, turn, [
        { object: workload.object, path: ["spec", "replicas"], value: replicas },
      ]);
    }
    return work.outcomes.ask(
      "agent/conflict",
      `${turnText(turn)} sets a number of Pods, and ${printable(keyText(objectKey(autoscaler)))} sets it as well: give a range (min and max), or take the autoscaler out`,
    );
  }
  if (min === undefined || max === undefined) return;
  if (autoscaler !== undefined) {
    const metric = ["spec", "metrics", "[0]", "resource", "target", "averageUtilization"];
    return setFields(work, turn, [
      { object: autoscaler, path: ["spec", "minReplicas"], value: min },
      { object: autoscaler, path: ["spec", "maxReplicas"], value: max },
      ...(cpuPercent === undefined ? [] : [{ object: autoscaler, path: metric, value: cpuPercent }]),
    ]);
  }
  addObject(work, turn, autoscalerOf(workload, min, max, cpuPercent ?? 80));
  // Two that set one number would undo each other at every write.
  const now = work.objects.get(identity(key)) ?? workload.object;
  if (isObject(now["spec"]) && Object.hasOwn(now["spec"], "replicas")) {
    work.outcomes.changed(
      turn,
      `spec.replicas of ${printable(keyText(key))} is taken out: the autoscaler sets it`,
    );
    const spec = Object.fromEntries(Object.entries(now["spec"]).filter(([member]) => member !== "replicas"));
    work.objects.set(identity(key), { ...now, spec });
  }
}

function scales(object: JsonObject, { object: target, namespace }: GivenWorkload): boolean {
  const key = objectKey(object);
  const of = objectKey(target);
  const reference = valueAt(object, ["spec", "scaleTargetRef"]);
  return (
    key.group === "autoscaling" &&
    key.kind === "HorizontalPodAutoscaler" &&
    key.namespace === namespace &&
    isObject(reference) &&
    reference["kind"] === of.kind &&
    reference["name"] === of.name
  );
}

function autoscalerOf(workload: GivenWorkload, min: number, max: number, cpuPercent: number): JsonObject {
  const { kind, name } = objectKey(workload.object);
  const apiVersion: Json = workload.object["apiVersion"] ?? "apps/v1";
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: besideWorkload(workload, name),
    spec: {
      scaleTargetRef: { apiVersion, kind, name },
      minReplicas: min,
      maxReplicas: max,
      metrics: [
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "Utilization", averageUtilization: cpuPercent } },
        },
      ],
    },
  };
}
