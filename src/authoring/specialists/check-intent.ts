import { OpsError } from "../../kube/ops-error.ts";
import type { Place } from "../../kube/place.ts";
import type { ApplicationIntent } from "../intent/intent.ts";
import { isDnsLabel, isDnsSubdomain } from "./names.ts";

/**
 * Refuses an intent whose names no object can bear: a reader never makes one, but a plan file is a claim (kernel K1) and
 * its intent is authored again. Throws OpsError INPUT_MALFORMED.
 */
export function checkIntent(intent: ApplicationIntent): void {
  label("namespace", intent.namespace);
  label("application", intent.application);
  const workloads = new Set<string>();
  for (const workload of intent.workloads) {
    label("workload", workload.name, workload.place);
    unique("workload", workload.name, workloads, workload.place);
  }
  const volumes = new Set<string>();
  for (const volume of intent.volumes) {
    label("volume", volume.name, volume.place);
    unique("volume", volume.name, volumes, volume.place);
  }
  const configs = new Set<string>();
  for (const config of intent.configs) {
    subdomain("config", config.name);
    unique("config", config.name, configs);
  }
  const secrets = new Set<string>();
  for (const secret of intent.secrets) {
    subdomain("secret", secret.name);
    unique("secret", secret.name, secrets);
  }
}

function details(place: Place | undefined): { place?: Place } {
  return place === undefined ? {} : { place };
}

function label(what: string, name: string, place?: Place): void {
  if (isDnsLabel(name)) return;
  throw new OpsError(
    "INPUT_MALFORMED",
    `the ${what} name ${JSON.stringify(name)} is no DNS label: use at most 63 of a-z, 0-9 and -, with a letter or digit at both ends`,
    details(place),
  );
}

function subdomain(what: string, name: string): void {
  if (isDnsSubdomain(name)) return;
  throw new OpsError(
    "INPUT_MALFORMED",
    `the ${what} name ${JSON.stringify(name)} is no DNS subdomain: use at most 253 of a-z, 0-9, - and .`,
  );
}

function unique(what: string, name: string, seen: Set<string>, place?: Place): void {
  if (seen.has(name))
    throw new OpsError("INPUT_MALFORMED", `there are two ${what}s named ${name}: rename one`, details(place));
  seen.add(name);
}
