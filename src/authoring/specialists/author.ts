import { deepFreeze, isObject, type JsonObject } from "../../kube/json.ts";
import type { ApplicationIntent, Authored } from "../intent/intent.ts";
import { checkIntent } from "./check-intent.ts";
import { newLedger } from "./ledger.ts";
import { persistentVolumeClaims } from "./manifests/storage/claims.ts";
import { configMaps } from "./manifests/storage/config-maps.ts";
import { noteStartOrder } from "./manifests/start-order.ts";
import { workloadObject } from "./manifests/workloads.ts";
import { byText } from "../../kube/by-text.ts";
import { textOf } from "./members.ts";
import { ingresses } from "./networking/ingresses.ts";
import { networkPolicies } from "./networking/policies.ts";
import { services } from "./networking/services.ts";
import { resolve } from "./resolve.ts";
import { autoscalers } from "./scaling/autoscalers.ts";
import { disruptionBudgets } from "./scaling/disruption-budgets.ts";
import { namespaces } from "./security/namespace.ts";
import { relaxationsOf } from "./security/relaxations.ts";
import { requireSecrets } from "./security/secrets.ts";
import { serviceAccounts } from "./security/service-accounts.ts";

/**
 * The objects that run an application, with what was relaxed, what must exist first and what a reader should know. Pure
 * and deterministic: the order of the intent's lists does not show. Objects come by kind (namespace, accounts,
 * configuration, claims, Services, Ingresses, workloads, autoscalers, budgets, policies) and then by name.
 * Throws OpsError INPUT_MALFORMED for an intent with names that no object can bear.
 */
export function author(intent: ApplicationIntent): Authored {
  checkIntent(intent);
  const ledger = newLedger();
  const application = resolve(intent, ledger);
  const workloads = new Map(
    application.workloads.map((workload) => [workload, workloadObject(application, workload)]),
  );
  const { relaxations, level } = relaxationsOf(workloads);
  requireSecrets(application);
  noteStartOrder(application);
  const objects = [
    namespaces(application, level),
    serviceAccounts(application),
    configMaps(application),
    persistentVolumeClaims(application),
    services(application),
    ingresses(application),
    [...workloads.values()],
    autoscalers(application),
    disruptionBudgets(application),
    networkPolicies(application),
  ].flatMap((group) => group.toSorted((left, right) => byText(nameOf(left), nameOf(right))));
  return deepFreeze({
    objects,
    relaxations,
    prerequisites: ledger.prerequisites(),
    notes: ledger.notes(),
  });
}

function nameOf(object: JsonObject): string {
  const { metadata } = object;
  return isObject(metadata) ? textOf(metadata, "name") : "";
}
