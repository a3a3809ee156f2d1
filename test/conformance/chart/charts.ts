import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { goModule } from "../../support/go-module.ts";
import { deep } from "../../support/suites.ts";

/** Public charts in the zip files of Go modules. */
const modules: readonly {
  readonly path: string;
  readonly version: string;
  readonly folders: readonly string[];
  readonly large?: true;
}[] = [
  { path: "sigs.k8s.io/metrics-server", version: "v0.9.0", folders: ["charts/metrics-server"] },
  { path: "sigs.k8s.io/external-dns", version: "v0.20.0", folders: ["charts/external-dns"] },
  { path: "sigs.k8s.io/descheduler", version: "v0.36.0", folders: ["charts/descheduler"] },
  { path: "sigs.k8s.io/kueue", version: "v0.17.0", folders: ["charts/kueue"] },
  {
    path: "github.com/kyverno/kyverno",
    version: "v1.19.1",
    folders: ["charts/kyverno-policies"],
    large: true,
  },
  {
    path: "github.com/cilium/cilium",
    version: "v1.20.2",
    folders: ["install/kubernetes/cilium"],
    large: true,
  },
];

/** Charts that Helm tests itself with. */
const own = { path: "helm.sh/helm/v4", version: "v4.3.1", folder: "pkg/cmd/testdata/testcharts" };

export interface PublicChart {
  readonly name: string;
  readonly folder: string;
}

export function publicCharts(): readonly PublicChart[] {
  return modules.flatMap(({ path, version, folders, large }) => {
    const module = large === true && !deep ? undefined : goModule(path, version);
    return module === undefined
      ? []
      : folders.map((folder) => ({ name: `${path}/${folder}`, folder: join(module, folder) }));
  });
}

export function helmsOwnCharts(): readonly PublicChart[] {
  const module = goModule(own.path, own.version);
  if (module === undefined) return [];
  const base = join(module, own.folder);
  return readdirSync(base)
    .filter((name) => existsSync(join(base, name, "Chart.yaml")))
    .map((name) => ({ name, folder: join(base, name) }));
}
