/** Environment variables: core ValidateEnv and ValidateEnvFrom. */
import { each, fields, isSet, required, text, textOf, textOrEmpty } from "../engine/build.ts";
import { type Check, report, reportAt } from "../engine/run.ts";
import {
  configKey,
  hasBackstep,
  label,
  notEnvName,
  notRelaxedEnvName,
  notSubdomain,
} from "../engine/texts.ts";
import { fieldReference, resourceReference, sourcesOf } from "./references.ts";

const variableFields = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];

const objectName = required(text(notSubdomain));

const keySelector = (source: string): Check => fields(source, { name: objectName, key: required(configKey) });

const valueFrom: Check = fields(
  "core validateEnvVarValueFrom",
  {
    fieldRef: fieldReference(variableFields),
    resourceFieldRef: resourceReference(false),
    configMapKeyRef: keySelector("core validateConfigMapKeySelector"),
    secretKeyRef: keySelector("core validateSecretKeySelector"),
    fileKeyRef: fields("core validateFileKeySelector", {
      key: required(text(notRelaxedEnvName)),
      volumeName: required(label),
      path: required(text(hasBackstep, false)),
    }),
  },
  (value, run) => {
    const count = sourcesOf(value);
    if (count === 0)
      report(run, "server/required", "one of fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef");
    if (count > 1) report(run, "server/forbidden", "more than one source", "a value comes from one place");
  },
);

export const env: Check = each(
  fields("core ValidateEnv", { name: required(text(notEnvName)), valueFrom }, (value, run) => {
    const literal = textOf(value, "value");
    if (isSet(value, "valueFrom") && literal !== undefined && literal !== "")
      reportAt(run, "valueFrom", "server/forbidden", "valueFrom", "value is not empty");
  }),
);

export const envFrom: Check = each(
  fields(
    "core ValidateEnvFrom",
    {
      prefix: textOrEmpty(notEnvName),
      configMapRef: fields("core validateConfigMapEnvSource", { name: objectName }),
      secretRef: fields("core validateSecretEnvSource", { name: objectName }),
    },
    (value, run) => {
      const count = Number(isSet(value, "configMapRef")) + Number(isSet(value, "secretRef"));
      if (count === 0) report(run, "server/required", "configMapRef or secretRef");
      if (count > 1)
        report(run, "server/forbidden", "secretRef beside configMapRef", "an item has one source");
    },
  ),
);
