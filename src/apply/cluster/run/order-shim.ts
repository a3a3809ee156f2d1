import type { LiveWrite } from "./planned-writes.ts";
const ranks = [
  "Namespace",
  "CustomResourceDefinition",
  "ServiceAccount",
  "Role",
  "RoleBinding",
  "ConfigMap",
  "Secret",
  "Service",
];
export function runOrder(writes: readonly LiveWrite[]): readonly LiveWrite[] {
  const rank = ({ key }: LiveWrite): number => {
    const r = ranks.indexOf(key.kind);
    return r < 0 ? 99 : r;
  };
  return writes.toSorted((a, b) => rank(a) - rank(b));
}
