import { inspect } from "node:util";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { admissionDenial, admissionWarnings } from "./admission-text.ts";
import { type ApiFailure, readFailure } from "./api-failure.ts";
import { failureError } from "./cluster-error.ts";
import { safeFieldPath } from "./field-path.ts";

const CANARY = "CANARY-0c4f";
const what = "apply of secrets shop/db";

interface StatusBody {
  readonly code: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: unknown;
}
const failureOf = (body: StatusBody): ApiFailure =>
  readFailure(body.code, JSON.stringify({ kind: "Status", status: "Failure", ...body }), what, undefined);
const said = (body: StatusBody): string => {
  const error = failureError(failureOf(body));
  expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(CANARY);
  return `${error.code}: ${error.message}`;
};

/** Messages as a 1.37 server writes them (control-plane facts 4.1 to 4.8), with a value wherever it echoes one. */
const answers: readonly [string, StatusBody, string][] = [
  [
    "a strict merge patch that echoes the whole object",
    {
      code: 422,
      reason: "Invalid",
      message: `Secret "db" is invalid: patch: Invalid value: map[data:map[p:${CANARY}]]: strict decoding error: unknown field "${CANARY}"`,
      details: {
        name: "db",
        kind: "Secret",
        causes: [{ reason: "FieldValueInvalid", message: `Invalid value: ${CANARY}`, field: "patch" }],
      },
    },
    `CLUSTER_REFUSED: the API server refuses the ${what}: patch is not valid`,
  ],
  [
    "a Job template",
    {
      code: 422,
      reason: "Invalid",
      message: `Job.batch "j" is invalid: spec.template: Invalid value: {… Value: ${CANARY}}: field is immutable`,
      details: {
        causes: [
          {
            reason: "FieldValueInvalid",
            message: `Invalid value: {"env":"${CANARY}"}: field is immutable`,
            field: "spec.template",
          },
        ],
      },
    },
    `CLUSTER_REFUSED: the API server refuses the ${what}: spec.template may not change once set`,
  ],
  [
    "a message that holds what looks like strict decoding",
    {
      code: 400,
      reason: "BadRequest",
      message: `bad value "strict decoding error: ${CANARY} unknown field "x"`,
    },
    `CLUSTER_REFUSED: the API server refuses the ${what} (400 BadRequest)`,
  ],
  [
    "strict decoding",
    {
      code: 400,
      reason: "BadRequest",
      message:
        'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replicaz", duplicate field "data.a"',
    },
    `CLUSTER_REFUSED: the API server refuses the ${what}: spec.replicaz is not in the schema; data.a is set twice`,
  ],
  [
    "a typed patch, several errors, values with line ends and colons",
    {
      code: 500,
      message: `failed to create typed patch object (shop/db; /v1, Kind=Secret): errors:\n  .data.p: expected string, got &value.valueUnstructured{Value:"${CANARY}: ${CANARY}"}\n  .spec.x: field not declared in schema\n  .spec.list: element 0: associative list with keys has an element that omits all key fields ["${CANARY}"]`,
    },
    `CLUSTER_REFUSED: the API server refuses the ${what}: .data.p must be a string; .spec.x is not in the schema; .spec.list does not fit its schema`,
  ],
  [
    "a typed patch with a value in a set",
    {
      code: 500,
      message: `failed to create typed patch object (shop/w; example.com/v1, Kind=W): .spec.set: duplicate entries for key [="${CANARY}"]`,
    },
    `CLUSTER_REFUSED: the API server refuses the ${what}: .spec.set holds two items with the same key`,
  ],
  [
    "bad base64",
    {
      code: 500,
      message: `failed to convert new object (shop/db; /v1, Kind=Secret) to smd typed: illegal base64 data at input byte 4: ${CANARY}`,
    },
    `CLUSTER_REFUSED: the API server refuses the ${what}: the object holds a value that cannot be converted, such as bad base64`,
  ],
  [
    "an internal error",
    { code: 500, reason: "InternalError", message: CANARY, details: { causes: [{ message: CANARY }] } },
    `CLUSTER_ANSWER: the API server failed inside (500) at the ${what}`,
  ],
  [
    "a conflict whose manager and field hold quotes, and whose set item is a value",
    {
      code: 409,
      reason: "Conflict",
      message: "Apply failed",
      details: {
        causes: [
          {
            reason: "FieldManagerConflict",
            message:
              'conflict with "to\\"ol\\u202e" with subresource "scale" using apps/v1 at 2026-11-25T10:00:00Z',
            field: `.spec.set[="${CANARY}"]`,
          },
          {
            reason: "FieldManagerConflict",
            message: `conflict ${CANARY}`,
            field: '.spec.ports[containerPort=80,protocol="TCP"].name',
          },
        ],
      },
    },
    `CLUSTER_CONFLICT: other managers own fields of the ${what}: .spec.ports[containerPort=80,protocol="TCP"].name (another manager); .spec.set[=...] ("to\\"ol\\\\u{5c}u{202e}" by Update of scale, apps/v1)`,
  ],
  [
    "a precondition",
    {
      code: 409,
      reason: "Conflict",
      message: "Precondition failed: UID in precondition: a, UID in object meta: b",
      details: { name: "db", kind: "secrets" },
    },
    `CLUSTER_CONFLICT: the object of the ${what} was changed since it was read`,
  ],
  [
    "a uid that is gone",
    {
      code: 409,
      reason: "Conflict",
      message: "uid mismatch: the provided object specified uid x, and no existing object was found",
    },
    `CLUSTER_CONFLICT: the object of the ${what} was deleted, or deleted and made anew, since it was read`,
  ],
  [
    "a name that is there",
    { code: 409, reason: "AlreadyExists", message: `secrets "${CANARY}" already exists` },
    `CLUSTER_CONFLICT: the object of the ${what} exists already`,
  ],
  [
    "no right",
    {
      code: 403,
      reason: "Forbidden",
      message: `secrets "db" is forbidden: User "${CANARY}" cannot patch resource "secrets"`,
    },
    `CLUSTER_FORBIDDEN: the credentials do not allow the ${what}`,
  ],
  [
    "an admission plug-in that nobody knows",
    { code: 403, reason: "Forbidden", message: `secrets "db" is forbidden: ${CANARY}` },
    `CLUSTER_REFUSED: an admission rule of the API server refuses the ${what}`,
  ],
  [
    "a webhook",
    {
      code: 403,
      reason: "Forbidden",
      message: `admission webhook "check.example.com" denied the request: ${CANARY}`,
    },
    `CLUSTER_REFUSED: the API server refuses the ${what}: admission webhook check.example.com denies it`,
  ],
  [
    "a webhook that is no dry run's",
    {
      code: 400,
      reason: "BadRequest",
      message: 'admission webhook "w.example.com" does not support dry run',
    },
    `CLUSTER_REFUSED: the API server refuses the ${what}: admission webhook w.example.com does not support dry run`,
  ],
  [
    "a webhook that is down",
    {
      code: 500,
      reason: "InternalError",
      message: `Internal error occurred: failed calling webhook "w.example.com": ${CANARY}`,
    },
    `CLUSTER_REFUSED: the API server refuses the ${what}: admission webhook w.example.com could not be asked`,
  ],
  [
    "a quota that needs limits",
    {
      code: 403,
      reason: "Forbidden",
      message: `pods "p" is forbidden: failed quota: q: must specify limits.cpu for: ${CANARY}; limits.memory for: c`,
    },
    `CLUSTER_REFUSED: the API server refuses the ${what}: ResourceQuota q asks that it sets limits.cpu`,
  ],
  [
    "a limit range",
    {
      code: 403,
      reason: "Forbidden",
      message: `pods "p" is forbidden: maximum cpu usage per Container is ${CANARY}, but limit is 2`,
    },
    `CLUSTER_REFUSED: the API server refuses the ${what}: a LimitRange bounds cpu per Container`,
  ],
  [
    "an expired token",
    { code: 401, reason: "Unauthorized", message: CANARY },
    `CLUSTER_AUTH: the API server does not accept the credentials (${what})`,
  ],
  [
    "a version too new",
    {
      code: 504,
      reason: "Timeout",
      message: "Too large resource version: 99999999, current: 659",
      details: { causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }] },
    },
    `CLUSTER_EXPIRED: the API server does not have the version that the ${what} starts from: its store is older`,
  ],
  [
    "a time-out",
    { code: 504, reason: "Timeout", message: CANARY },
    `CLUSTER_BUSY: the API server gave up waiting (${what})`,
  ],
  [
    "an expired list",
    { code: 410, reason: "Expired", message: CANARY },
    `CLUSTER_EXPIRED: the API server no longer has the version that the ${what} starts from`,
  ],
  [
    "a body too large",
    { code: 413, reason: "RequestEntityTooLarge", message: CANARY },
    `CLUSTER_REFUSED: the ${what} is larger than the API server takes (3 MiB)`,
  ],
  [
    "a media type",
    { code: 415, reason: "UnsupportedMediaType", message: CANARY },
    `CLUSTER_REFUSED: the API server refuses the ${what} (415 UnsupportedMediaType)`,
  ],
  [
    "a reason that is none",
    {
      code: 418,
      reason: CANARY,
      message: CANARY,
      details: {
        kind: `${CANARY} x`,
        causes: [{ reason: CANARY, message: CANARY, field: `spec ${CANARY}` }, CANARY],
      },
    },
    `CLUSTER_REFUSED: the API server refuses the ${what} (418 Unknown): spec... is refused`,
  ],
];

describe("K17 failures are rebuilt from codes, reasons and field paths", () => {
  it.each(answers)("%s", (_name, body, message) => {
    expect(said(body)).toBe(message);
  });

  it("whatever text a server sends, none of it but names and paths comes back", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 40 }).map((each) => `${each} ${CANARY} ${each}`);
    const cause = fc.record({
      reason: fc.oneof(text, fc.constant("FieldValueInvalid"), fc.constant("FieldManagerConflict")),
      message: text,
      field: text,
    });
    const status = fc.record({
      code: fc.constantFrom(400, 401, 403, 404, 409, 410, 413, 422, 429, 500, 503, 504),
      reason: fc.oneof(text, fc.constantFrom("Invalid", "Conflict", "Forbidden", "NotFound")),
      message: fc.oneof(
        text,
        text.map((each) => `failed to create typed patch object (a; b): ${each}`),
        text.map((each) => `failed quota: ${each}`),
      ),
      details: fc.record({ name: text, kind: text, causes: fc.array(cause, { maxLength: 3 }) }),
    });
    fc.assert(
      fc.property(status, (body) => {
        said(body);
      }),
    );
  });

  it("bodies that are none, and lists without end", () => {
    for (const body of [
      "",
      "null",
      "[]",
      `"${CANARY}"`,
      `{"kind":"Status","message":["${CANARY}"],"details":"${CANARY}"}`,
      `<html>${CANARY}</html>`,
    ]) {
      const error = failureError(readFailure(422, body, what, "soon"));
      expect(`${error.code}: ${error.message}`).toBe(`CLUSTER_REFUSED: the API server refuses the ${what}`);
      expect(inspect(error, { depth: 20 })).not.toContain(CANARY);
    }
    const causes = Array.from({ length: 100_000 }, (_, index) => ({
      reason: "FieldValueInvalid",
      message: "m",
      field: `spec.f${index}`,
    }));
    const failure = failureOf({ code: 422, reason: "Invalid", details: { causes } });
    expect(failure.causes.length).toBe(200);
    expect(failureError(failure).message).toMatch(/spec\.f19 is not valid; and 180 more$/);
  });

  it("Retry-After is a number of seconds or nothing", () => {
    const after = (header: string | undefined): number | null =>
      readFailure(429, "", what, header).retryAfterSeconds;
    expect([
      after("5"),
      after(" 5 "),
      after("-1"),
      after("Fri, 31 Dec 1999 23:59:59 GMT"),
      after(undefined),
      after("1e9"),
    ]).toEqual([5, 5, null, null, null, null]);
  });
});

describe("K17 field paths", () => {
  const paths: readonly [string, string][] = [
    ['.spec.template.spec.containers[name="c"].image', '.spec.template.spec.containers[name="c"].image'],
    ["spec.containers[0].env[12].value", "spec.containers[0].env[12].value"],
    ["data[.dockerconfigjson]", "data[.dockerconfigjson]"],
    ["metadata.annotations[example.com/a]", "metadata.annotations[example.com/a]"],
    [`metadata.annotations[a b ${CANARY}]`, "metadata.annotations[...]"],
    [`.metadata.finalizers[="${CANARY}"]`, ".metadata.finalizers[=...]"],
    [`.spec.set[="a]b${CANARY}"].x`, ".spec.set[=...].x"],
    [`.spec.list[key="a b ${CANARY}",port=80]`, ".spec.list[key=...,port=80]"],
    [`.spec.list[key="a\\"]${CANARY}"`, ".spec.list[key=...]"],
    [`spec.x: ${CANARY}`, "spec.x:..."],
    ["", ""],
  ];
  it.each(paths)("%s", (path, safe) => {
    expect(safeFieldPath(path)).toBe(safe);
  });
  it("are bounded", () => {
    expect(safeFieldPath("a".repeat(10_000)).length).toBeLessThan(600);
    expect(safeFieldPath(".a[".repeat(100_000)).length).toBeLessThan(600);
    expect(safeFieldPath('[a="'.repeat(50_000)).length).toBeLessThan(600);
  });
});

describe("admission texts", () => {
  const warning = (...texts: readonly string[]): unknown[] =>
    admissionWarnings(texts.flatMap((text) => ["Warning", `299 - ${JSON.stringify(text)}`])).map(
      ({ id, text }) => [id, text],
    );
  it("warnings by the table, values left out", () => {
    expect(
      warning(
        "batch/v1beta1 CronJob is deprecated in v1.21+, unavailable in v1.25+; use batch/v1 CronJob",
        `batch/v1beta1 CronJob is deprecated in v1.21+ ${CANARY}`,
        'unknown field "spec.replicaz"',
        `would violate PodSecurity "restricted:latest": forbidden AppArmor profile (container.apparmor.security.beta.kubernetes.io/c="localhost/${CANARY}"), ${CANARY}, seccompProfile (pod or container "c" must set …)`,
        'existing pods in namespace "t1" violate the new PodSecurity enforce level "restricted:latest"',
        `bad1 (and 5 other pods): allowPrivilegeEscalation != false, ${CANARY}`,
        `Validation failed for ValidatingAdmissionPolicy 'max3' with binding 'max3': ${CANARY}`,
        'spec.template.spec.containers[0].env[3]: hides previous definition of "FOO", which may be dropped when using apply',
        'spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
        `metadata.finalizers: "${CANARY}": prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers`,
        `spec.hostAliases[0].ip: duplicate ip "${CANARY}"`,
        CANARY,
      ),
    ).toEqual([
      [
        "deprecated-version",
        "batch/v1beta1 CronJob is deprecated in v1.21+, unavailable in v1.25+; use batch/v1 CronJob",
      ],
      ["other", "a warning whose text may hold values"],
      ["unknown-field", "unknown field spec.replicaz"],
      [
        "pod-security",
        "it would violate Pod Security restricted:latest: forbidden AppArmor profile, seccompProfile",
      ],
      ["pod-security-namespace", "existing pods in namespace t1 violate Pod Security restricted:latest"],
      ["pod-security-pods", "bad1 (and 5 other pods): allowPrivilegeEscalation != false"],
      ["validating-policy", "ValidatingAdmissionPolicy max3 (binding max3) warns"],
      [
        "hidden-definition",
        "spec.template.spec.containers[0].env[3] hides an earlier definition of FOO, which may be dropped when using apply",
      ],
      ["deprecated-field", "spec.template.spec.nodeSelector[beta.kubernetes.io/os] is deprecated"],
      ["finalizer-name", "metadata.finalizers holds a name without a domain"],
      ["field", "spec.hostAliases[0].ip: a warning whose text may hold values"],
      ["other", "a warning whose text may hold values"],
    ]);
  });
  it("headers that are none, other headers, and too many", () => {
    expect(admissionWarnings(["Warning", CANARY, "X-Warning", '299 - "x"', "warning"])).toEqual([
      { id: "other", text: "a warning whose text may hold values" },
    ]);
    expect(
      admissionWarnings(
        Array.from({ length: 1000 }, (_, index) => (index % 2 === 0 ? "Warning" : '299 - "x"')),
      ).length,
    ).toBe(100);
  });
  it("a message that no row knows is no denial", () => {
    expect(admissionDenial(`x "${CANARY}" y`)).toBeUndefined();
    expect(admissionDenial(`admission webhook "${CANARY} x" denied the request`)).toBeUndefined();
    expect(
      admissionDenial(
        'roles "r" is forbidden: user "a" (groups=["b"]) is attempting to grant RBAC permissions not currently held:',
      ),
    ).toEqual({
      id: "escalation",
      text: "it would grant permissions that these credentials do not hold",
    });
  });
});
