import { expect, test } from "vitest";
import { SUPPORTED_MINORS } from "../../../kube/catalogue/catalogue.ts";
import { componentFileKinds } from "../../../kube/schema/schemas.ts";
import { readStdin } from "../../../kube/read-inputs.ts";
import { checkInputs } from "../reading/check-objects.ts";
import { componentAdvice, componentFileRowOf, isRead } from "./component-files.ts";
import { componentFileVersions } from "./component-files.generated.ts";
import { componentFileRows, readerOf } from "./component-table.ts";

const gvk = (id: string) => {
  const [group = "", version = "", kind = ""] = id.split("/");
  return { group, version, kind };
};
const readBy = (id: string): readonly number[] =>
  SUPPORTED_MINORS.filter((minor) => isRead(gvk(id), minor) === true);

function told(text: string, from: number, to?: number): readonly string[] {
  const input = readStdin(new TextEncoder().encode(text));
  const upgrade = to === undefined ? {} : { upgrade: { to } };
  return checkInputs([input], { minor: from, ...upgrade }).map(({ code, hint = "" }) => `${code}: ${hint}`);
}

test("each kind is read by the minors whose component registers it", () => {
  expect(readBy("kubeadm.k8s.io/v1beta3/InitConfiguration")).toEqual([31, 32, 33, 34, 35, 36]);
  expect(readBy("kubeadm.k8s.io/v1beta4/InitConfiguration")).toEqual([31, 32, 33, 34, 35, 36, 37]);
  // Registered, and refused as experimental.
  expect(readBy("kubeadm.k8s.io/v1/InitConfiguration")).toEqual([]);
  expect(readBy("apiserver.config.k8s.io/v1/AuthorizationConfiguration")).toEqual([32, 33, 34, 35, 36, 37]);
  expect(readBy("kubescheduler.config.k8s.io/v1beta3/KubeSchedulerConfiguration")).toEqual([]);
  expect(isRead(gvk("kubelet.config.k8s.io/v1beta7/KubeletConfiguration"), 37)).toBeUndefined();
});

test("what the table says to be removed is what the modules do not have", () => {
  const rows = componentFileRows.flatMap(({ versions, ...row }) =>
    versions.map((version) => ({ removed: 0, experimental: [], ...row, version })),
  );
  const kindsOf = (group: string, version: string) =>
    componentFileKinds().filter((id) => id.startsWith(`${group}/${version}/`));
  // Gone before the first minor: no schema of it is known. Else the modules say the same.
  for (const { group, version, removed, experimental } of rows)
    expect(kindsOf(group, version).length > 0, `${group}/${version}`).toBe(
      removed >= 31 || experimental.length > 0,
    );
  const known = rows.flatMap((row) => kindsOf(row.group, row.version).map((id) => ({ ...row, id })));
  for (const { id, removed, experimental } of known) {
    const mask = componentFileVersions.find((one) => one.slice(0, 3).join("/") === id)?.[3] ?? -1;
    const inModules = SUPPORTED_MINORS.filter((_, index) => (mask & (1 << index)) !== 0);
    if (removed > 0) expect(inModules, id).toEqual(SUPPORTED_MINORS.filter((minor) => minor < removed));
    expect(inModules, id).toEqual(expect.arrayContaining([...experimental]));
  }
});

test("every row names a version that the newest component reads, and every group its component", () => {
  for (const row of componentFileRows) {
    const ids = componentFileKinds().filter((id) => id.startsWith(`${row.group}/${row.replacement}/`));
    expect(
      ids.some((id) => isRead(gvk(id), 37) === true),
      `${row.group}/${row.versions.join()}`,
    ).toBe(true);
  }
  expect(componentFileKinds().filter((id) => readerOf(gvk(id).group) === "the component")).toEqual([]);
  const all = componentFileRows.flatMap(({ group, versions }) => versions.map((one) => `${group}/${one}`));
  expect(new Set(all).size).toBe(all.length);
  expect(componentFileRowOf(gvk("audit.k8s.io/v1/Policy"))).toBeUndefined();
});

test("the advice names the version that is read, from when on this one is, and what to do", () => {
  expect(componentAdvice(gvk("audit.k8s.io/v1beta1/Policy"), 37)).toBe(
    "kube-apiserver of Kubernetes 1.37 reads it as audit.k8s.io/v1; the rules of a Policy stay as they are",
  );
  expect(componentAdvice(gvk("apiserver.config.k8s.io/v1/AuthorizationConfiguration"), 31)).toBe(
    "kube-apiserver of Kubernetes 1.31 reads it as apiserver.k8s.io/v1beta1; this version is read from 1.32 on",
  );
  expect(componentAdvice(gvk("kubeadm.k8s.io/v1/ClusterConfiguration"), 37)).toContain(
    "reads it as kubeadm.k8s.io/v1beta4; only kubeadm config migrate",
  );
  expect(componentAdvice(gvk("kubeadm.k8s.io/v1beta2/ClusterStatus"), 37)).toBe(
    "kubeadm of Kubernetes 1.37 reads no version of it",
  );
});

test("a version that is not read is told once, and its fields are not", () => {
  const scheduler = (version: string) =>
    `apiVersion: kubescheduler.config.k8s.io/${version}\nkind: KubeSchedulerConfiguration\nhealthzBindAddress: "0.0.0.0:1"\n`;
  const gone = told(scheduler("v1beta2"), 36, 37);
  expect(gone).toEqual([
    "object/component-not-read: kube-scheduler of Kubernetes 1.36 reads it as kubescheduler.config.k8s.io/v1",
  ]);
  expect(told(scheduler("v1"), 36, 37).map((one) => one.split(":")[0])).toEqual(["schema/unknown-field"]);
  // A version that comes: told of today, and no news of the upgrade.
  const early =
    "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers: [{type: Node, name: a}]\n";
  expect(told(early, 31, 32).map((one) => one.split(":")[0])).toEqual(["object/component-not-read"]);
  expect(told(early, 32, 37)).toEqual([]);
});
