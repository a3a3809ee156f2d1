import { products, type Release } from "../analysis/checks/deprecations/third-party-table.ts";
import { SUPPORTED_MINORS } from "../kube/catalogue/catalogue.ts";
import { nearestName } from "../kube/nearest-name.ts";
import { OpsError } from "../kube/ops-error.ts";
import { minorOf } from "./kube-version.ts";

/** The minor that objects are for, and what an upgrade leads to; no upgrade where none is asked for. */
export interface AskedVersions {
  readonly minor: number;
  readonly upgrade?: { readonly to: number; readonly products: ReadonlyMap<string, Release> };
}

/**
 * `--kube-version` and the values of `--upgrade-to`: one `1.N`, and `product=1.N` for each product whose release is not the
 * newest. The minor before the target is where an upgrade starts that does not say it.
 */
export function versionsOf(
  kubeVersion: string | undefined,
  upgradeTo: readonly string[] | undefined,
): AskedVersions {
  if (upgradeTo === undefined || upgradeTo.length === 0) return { minor: minorOf(kubeVersion) };
  const kubernetes = upgradeTo.filter((word) => !word.includes("="));
  const [target] = kubernetes;
  if (target === undefined || kubernetes.length > 1) {
    throw new OpsError("USAGE", "--upgrade-to takes one version of Kubernetes", {
      hint: "for example --upgrade-to 1.37, and --upgrade-to cert-manager=1.16 beside it",
    });
  }
  const to = minorOf(target);
  const [first = to] = SUPPORTED_MINORS;
  const minor = kubeVersion === undefined ? Math.max(first, to - 1) : minorOf(kubeVersion);
  if (minor >= to) {
    throw new OpsError("USAGE", `from Kubernetes 1.${minor} to 1.${to} is no upgrade`, {
      hint: `name with --kube-version what the cluster runs today: ${olderThan(to)}`,
    });
  }
  const releases = upgradeTo.filter((word) => word.includes("=")).map(releaseOf);
  return { minor, upgrade: { to, products: new Map(releases) } };
}

function olderThan(to: number): string {
  const older = SUPPORTED_MINORS.filter((minor) => minor < to).map((minor) => `1.${minor}`);
  return older.length === 0 ? "nothing older is known" : older.join(", ");
}

function releaseOf(word: string): readonly [string, Release] {
  const at = word.indexOf("=");
  const [name, version] = [word.slice(0, at), word.slice(at + 1)];
  if (!products.includes(name)) {
    const meant = nearestName(name, products);
    throw new OpsError("USAGE", `${JSON.stringify(name)} is no product whose versions are known`, {
      hint: meant === undefined ? `known: ${products.join(", ")}` : `did you mean ${meant}?`,
    });
  }
  const match = /^v?(\d{1,4})\.(\d{1,4})(?:\.\d+)?$/.exec(version);
  if (match === null) {
    throw new OpsError("USAGE", `${JSON.stringify(version)} is no release of ${name}`, {
      hint: `write it as ${name}=1.16`,
    });
  }
  return [name, [Number(match[1]), Number(match[2])]];
}
