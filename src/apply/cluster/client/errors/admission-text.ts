import { safeFieldPath } from "./field-path.ts";
import { podSecurityText } from "./pod-security-text.ts";

/**
 * What admission says, rebuilt from a table: names of rules and field paths are kept, everything else is the rule's or
 * the object's text and may hold values (kernel K17; a Strict merge patch of a Secret and a ValidatingAdmissionPolicy's
 * message expression both echo them: measured).
 */
export interface AdmissionText {
  /** Row of the table; `other` for a text that no row reads. */
  readonly id: string;
  readonly text: string;
}

interface Row {
  readonly id: string;
  /** Where the server's text is made. */
  readonly source: string;
  readonly read: (text: string) => string | undefined;
}

/** Names of policies, bindings, webhooks, quotas, plug-ins: DNS subdomains, and the prefixes of RBAC names. */
const NAME = "[A-Za-z0-9][A-Za-z0-9.:_-]{0,252}";

/** Gives the captured names to `say`; undefined when the text does not match. */
function matching(pattern: RegExp, say: (...names: readonly string[]) => string): Row["read"] {
  return (text) => {
    const match = pattern.exec(text);
    return match === null ? undefined : say(...match.slice(1).map((part) => part ?? ""));
  };
}

/** Why a request was denied: the message of a Status with code 400, 403, 422 or 500. */
const denials: readonly Row[] = [
  {
    id: "validating-policy",
    source: "apiserver pkg/admission/plugin/policy/validating/dispatcher.go",
    read: matching(
      new RegExp(`ValidatingAdmissionPolicy '(${NAME})' with binding '(${NAME})' denied request`),
      (policy, binding) => `ValidatingAdmissionPolicy ${policy} (binding ${binding}) denies it`,
    ),
  },
  {
    id: "mutating-policy",
    source: "apiserver pkg/admission/plugin/policy/mutating/dispatcher.go",
    read: matching(
      new RegExp(`MutatingAdmissionPolicy '(${NAME})' with binding '(${NAME})'`),
      (policy, binding) => `MutatingAdmissionPolicy ${policy} (binding ${binding}) denies it`,
    ),
  },
  {
    id: "webhook-dry-run",
    source: "apiserver pkg/admission/plugin/webhook/errors/statuserror.go",
    read: matching(
      new RegExp(`admission webhook "(${NAME})" does not support dry run`),
      (name) => `admission webhook ${name} does not support dry run`,
    ),
  },
  {
    id: "webhook",
    source: "apiserver pkg/admission/plugin/webhook/errors/statuserror.go",
    read: matching(
      new RegExp(`admission webhook "(${NAME})" denied the request`),
      (name) => `admission webhook ${name} denies it`,
    ),
  },
  {
    id: "webhook-failed",
    source: "apiserver pkg/admission/plugin/webhook/mutating/dispatcher.go",
    read: matching(
      new RegExp(`failed calling webhook "(${NAME})"`),
      (name) => `admission webhook ${name} could not be asked`,
    ),
  },
  {
    id: "pod-security",
    source: "pod-security-admission admission/admission.go",
    read: (text) => {
      const found = podSecurityText(text);
      return found === undefined ? undefined : `it violates Pod Security ${found}`;
    },
  },
  {
    id: "quota",
    source: "apiserver pkg/admission/plugin/resourcequota/controller.go",
    read: matching(new RegExp(`exceeded quota: (${NAME})`), (name) => `it exceeds ResourceQuota ${name}`),
  },
  {
    id: "quota-needs",
    source: "apiserver pkg/admission/plugin/resourcequota/controller.go",
    read: matching(
      new RegExp(`failed quota: (${NAME}): must specify ([a-z0-9./,-]{1,200})`),
      (name, resources) => `ResourceQuota ${name} asks that it sets ${resources.replace(/,$/, "")}`,
    ),
  },
  {
    id: "limit-range",
    source: "kubernetes plugin/pkg/admission/limitranger/admission.go",
    read: matching(
      /(?:minimum|maximum) ([a-z0-9./-]{1,100}) usage per (Pod|Container|PersistentVolumeClaim) is/,
      (resource, per) => `a LimitRange bounds ${resource} per ${per}`,
    ),
  },
  {
    id: "service-account",
    source: "kubernetes plugin/pkg/admission/serviceaccount/admission.go",
    read: matching(
      new RegExp(`error looking up service account (${NAME})/(${NAME}): `),
      (namespace, name) => `ServiceAccount ${namespace}/${name} is not there yet`,
    ),
  },
  {
    id: "escalation",
    source: "kubernetes pkg/registry/rbac/validation/rule.go",
    read: matching(
      /is attempting to grant RBAC permissions not currently held/,
      () => "it would grant permissions that these credentials do not hold",
    ),
  },
  {
    id: "namespace-terminating",
    source: "apiserver pkg/admission/plugin/namespace/lifecycle/admission.go",
    read: matching(/because it is being terminated/, () => "its namespace is being deleted"),
  },
  {
    id: "being-deleted",
    source: "apiserver pkg/registry/generic/registry/store.go",
    read: matching(/object is being deleted/, () => "the object of that name is still being deleted"),
  },
];

/** Warnings of answers that succeed. */
const warnings: readonly Row[] = [
  {
    id: "deprecated-version",
    source: "apiserver pkg/endpoints/deprecation/deprecation.go",
    // Versions, kinds and releases only: nothing of the object.
    read: matching(
      /^((?:[a-z0-9.]+\/)?v[a-z0-9]+ [A-Za-z]+ is deprecated in v\d+\.\d+\+(?:, unavailable in v\d+\.\d+\+)?(?:; use [a-z0-9./]+ [A-Za-z]+)?)$/,
      (whole) => whole,
    ),
  },
  {
    id: "unknown-field",
    source: "apimachinery pkg/runtime/error.go",
    read: matching(/^unknown field "([^"]+)"$/, (path) => `unknown field ${safeFieldPath(path)}`),
  },
  {
    id: "duplicate-field",
    source: "apimachinery pkg/runtime/error.go",
    read: matching(/^duplicate field "([^"]+)"$/, (path) => `duplicate field ${safeFieldPath(path)}`),
  },
  {
    id: "pod-security",
    source: "pod-security-admission admission/admission.go",
    read: (text) => {
      if (!text.startsWith("would violate PodSecurity ")) return undefined;
      const found = podSecurityText(text.replace("would violate", "violates"));
      return found === undefined ? undefined : `it would violate Pod Security ${found}`;
    },
  },
  {
    id: "pod-security-namespace",
    source: "pod-security-admission admission/admission.go",
    read: matching(
      new RegExp(
        `^existing pods in namespace "(${NAME})" violate the new PodSecurity enforce level "([a-z]+:[a-z0-9.]+)"`,
      ),
      (namespace, level) => `existing pods in namespace ${namespace} violate Pod Security ${level}`,
    ),
  },
  {
    id: "pod-security-pods",
    source: "pod-security-admission admission/admission.go",
    read: (text) => {
      const match = new RegExp(`^(${NAME}(?: \\(and \\d+ other pods?\\))?): (.*)$`, "s").exec(text);
      if (match === null) return undefined;
      const found = podSecurityText(`violates PodSecurity "restricted:latest": ${match[2] ?? ""}`);
      const reasons = found?.slice("restricted:latest".length).replace(/^: /, "") ?? "";
      return reasons === "" ? undefined : `${match[1]}: ${reasons}`;
    },
  },
  {
    id: "validating-policy",
    source: "apiserver pkg/admission/plugin/policy/validating/dispatcher.go",
    read: matching(
      new RegExp(`^Validation failed for ValidatingAdmissionPolicy '(${NAME})' with binding '(${NAME})': `),
      (policy, binding) => `ValidatingAdmissionPolicy ${policy} (binding ${binding}) warns`,
    ),
  },
  {
    id: "hidden-definition",
    source: "kubernetes pkg/api/pod/warnings.go",
    read: matching(
      /^([A-Za-z0-9.[\]]+): hides previous definition of "([A-Za-z0-9._-]{1,253})", which may be dropped when using apply$/,
      (path, name) => `${path} hides an earlier definition of ${name}, which may be dropped when using apply`,
    ),
  },
  {
    id: "deprecated-field",
    source: "kubernetes pkg/api/pod/warnings.go, pkg/api/node/util.go and their like",
    read: matching(
      /^([A-Za-z0-9.[\]/_-]{1,400}): (?:is )?(?:deprecated|non-functional)\b/,
      (path) => `${safeFieldPath(path)} is deprecated`,
    ),
  },
  {
    id: "finalizer-name",
    source: "apimachinery pkg/api/validation/objectmeta.go",
    read: matching(
      /^metadata\.finalizers: .*: prefer a domain-qualified finalizer name/,
      () => "metadata.finalizers holds a name without a domain",
    ),
  },
  {
    id: "field",
    source: "kubernetes pkg/registry: warnings that begin with a field path",
    read: matching(
      /^((?:spec|metadata|data|webhooks|rules|roleRef|subjects|template)(?:[.[][A-Za-z0-9.[\]/_-]{0,400})?): /,
      (path) => `${safeFieldPath(path)}: a warning whose text may hold values`,
    ),
  },
];

function read(rows: readonly Row[], text: string): AdmissionText | undefined {
  // Server texts are bounded by the header and body limits; patterns look at a bounded beginning all the same.
  const bounded = text.slice(0, 8192);
  for (const row of rows) {
    const said = row.read(bounded);
    if (said !== undefined) return { id: row.id, text: said };
  }
  return undefined;
}

/** What denied a request; undefined when no row of the table knows the message. */
export function admissionDenial(message: string): AdmissionText | undefined {
  return read(denials, message);
}

/** The texts of `Warning:` headers (RFC 7234 5.5, `299 - "text"`), one for each header, in their order. */
export function admissionWarnings(rawHeaders: readonly string[]): readonly AdmissionText[] {
  const found: AdmissionText[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() !== "warning" || found.length >= 100) continue;
    const quoted = /^\d{3} \S{1,100} "((?:[^"\\]|\\.)*)"/s.exec(rawHeaders[at + 1] ?? "");
    const text = quoted?.[1]?.replace(/\\(.)/gs, "$1") ?? "";
    found.push(read(warnings, text) ?? { id: "other", text: "a warning whose text may hold values" });
  }
  return found;
}
