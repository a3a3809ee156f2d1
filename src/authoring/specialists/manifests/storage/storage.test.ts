import { describe, expect, test } from "vitest";
import { shop } from "../../../../../test/support/authoring-intents.ts";
import { container, find, one, pod } from "../../../../../test/support/authored.ts";
import { podTemplateOf } from "../../../../kube/pod-template.ts";
import type { ApplicationIntent, MountIntent } from "../../../intent/intent.ts";
import { author } from "../../author.ts";

describe("files", () => {
  const secret = (name: string, key: string, path: string, mode?: number): MountIntent => ({
    kind: "secret",
    secret: name,
    key,
    path,
    ...(mode === undefined ? {} : { mode }),
  });

  test("secrets below /run/secrets are one folder that follows changes", () => {
    const authored = one({
      mounts: [secret("a", "x", "/run/secrets/x"), secret("b", "y", "/var/run/secrets/sub/y", 0o400)],
    });
    expect(container(authored, "volumeMounts")).toEqual([
      { name: "secrets", mountPath: "/run/secrets", readOnly: true },
    ]);
    expect(pod(authored, "volumes")).toEqual([
      {
        name: "secrets",
        projected: {
          defaultMode: 0o440,
          sources: [
            { secret: { name: "a", items: [{ key: "x", path: "x" }] } },
            { secret: { name: "b", items: [{ key: "y", path: "sub/y", mode: 0o400 }] } },
          ],
        },
      },
    ]);
  });

  test("elsewhere every file is mounted by itself", () => {
    const authored = one({ mounts: [secret("a", "x", "/etc/x")] });
    expect(container(authored, "volumeMounts")).toEqual([
      { name: "secret-a", mountPath: "/etc/x", subPath: "x", readOnly: true },
    ]);
  });

  test("a change of a ConfigMap restarts the Pods that read it, and no others", () => {
    const template = (intent: ApplicationIntent, name: string): unknown =>
      podTemplateOf(find(author(intent), "Deployment", name))?.annotations;
    const changed = { ...shop, configs: [{ name: "web-conf", data: { "default.conf": "" } }] };
    expect(template(changed, "web")).not.toEqual(template(shop, "web"));
    expect(template(changed, "api")).toEqual(template(shop, "api"));
  });
});
