import type { JsonObject } from "../../../../kube/json.ts";
import { byText } from "../../../../kube/by-text.ts";
import { members, unlessEmpty } from "../../members.ts";
import type { Application } from "../../workload.ts";
import { objectMetadata, sorted } from "../labels.ts";

/** Largest ConfigMap that the API server takes: 1 MiB over all values (pkg/apis/core: MaxSecretSize). */
const MAX_CONFIG_BYTES = 1024 * 1024;

/** ConfigMaps of the configuration that somebody mounts; what nobody mounts, and what must exist already, is said. */
export function configMaps(application: Application): JsonObject[] {
  const mounted = new Map<string, Set<string>>();
  for (const { intent } of application.workloads)
    for (const mount of intent.mounts)
      if (mount.kind === "config")
        mounted.set(mount.config, (mounted.get(mount.config) ?? new Set()).add(intent.name));
  const made = new Set<string>();
  const objects = application.intent.configs.flatMap((config): JsonObject[] => {
    if (!mounted.has(config.name)) {
      application.ledger.note(
        "config/unused",
        undefined,
        `no service mounts config ${config.name}: no ConfigMap is made.`,
      );
      return [];
    }
    if (config.external === true) return [];
    made.add(config.name);
    const data = sorted(config.data);
    const binaryData = sorted(config.binaryData ?? {});
    const bytes =
      Object.values(data).reduce((sum, text) => sum + utf8Length(text), 0) +
      Object.values(binaryData).reduce((sum, text) => sum + Math.floor((text.length * 3) / 4), 0);
    if (bytes > MAX_CONFIG_BYTES)
      application.ledger.note(
        "config/too-large",
        undefined,
        `config ${config.name} holds ${bytes} bytes: the API server takes at most ${MAX_CONFIG_BYTES}. Put it into the image or onto a volume.`,
      );
    return [
      members({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: objectMetadata(application, config.name),
        data: unlessEmpty(data),
        binaryData: unlessEmpty(binaryData),
      }),
    ];
  });
  for (const [name, users] of mounted)
    if (!made.has(name))
      application.ledger.require({
        kind: "other",
        subject: name,
        text: `ConfigMap ${name} must exist in namespace ${application.intent.namespace}: ${[...users].sort(byText).join(", ")} mounts it and the input does not hold its content.`,
      });
  return objects;
}

function utf8Length(text: string): number {
  let length = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    length += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return length;
}
