import type {
  ApplicationIntent,
  Authored,
  MountIntent,
  WorkloadIntent,
} from "../../src/authoring/intent/intent.ts";
import { author } from "../../src/authoring/specialists/author.ts";
import { type Json, type JsonObject, type JsonPath, valueAt } from "../../src/kube/json.ts";
import { podTemplateOf } from "../../src/kube/pod-template.ts";
import { application, workload } from "./authoring-intents.ts";

/** What is made of one workload `web` of which the input says no more than `changes`. */
export function one(changes: Partial<WorkloadIntent>, more: Partial<ApplicationIntent> = {}): Authored {
  return author(application([workload("web", changes)], more));
}

export function find(authored: Authored, kind: string, name: string): JsonObject {
  const found = authored.objects.find(
    (object) => object["kind"] === kind && valueAt(object, ["metadata", "name"]) === name,
  );
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found;
}

export function pod(authored: Authored, ...path: JsonPath): Json | undefined {
  const template = authored.objects.flatMap((object) => podTemplateOf(object) ?? [])[0];
  return valueAt(template?.spec, path);
}

export function container(authored: Authored, ...path: JsonPath): Json | undefined {
  return pod(authored, "containers", 0, ...path);
}

export function kinds(authored: Authored): string[] {
  return authored.objects.map((object) => keyOf(object));
}

export function notes(authored: Authored, code: string): string[] {
  return authored.notes.filter((note) => note.code === code).map((note) => note.message);
}

function keyOf(object: JsonObject): string {
  return `${object["kind"] as string} ${valueAt(object, ["metadata", "name"]) as string}`;
}

export function claim(volume: string, path = "/data", readOnly = false): MountIntent {
  return { kind: "claim", volume, path, readOnly };
}
