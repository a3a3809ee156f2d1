import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../kube/canonical-json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { placeText } from "../../kube/place.ts";
import type { Charter, CharterClusterTarget } from "../charter.ts";
import { charterTargetFor } from "../target.ts";
import { clusterCharter } from "../testing/cluster-fixtures.ts";
import { charterWith, publicKey } from "../testing/fixtures.ts";
import { charterDigest, parseCharter } from "./parse-charter.ts";

const good: Charter = charterWith();

function textOf(charter: unknown): string {
  return JSON.stringify(charter, null, 2);
}

/** What parsing says: `file:line:column message | hint`, or `ok`. */
function outcome(text: string): string {
  try {
    parseCharter(text, "charter.yaml");
    return "ok";
  } catch (error) {
    if (!OpsError.is(error)) throw error;
    expect(error.code).toBe("CHARTER_INVALID");
    const place = error.place === undefined ? "" : `${placeText(error.place)} `;
    return `${place}${error.message}${error.hint === undefined ? "" : ` | ${error.hint}`}`;
  }
}

function withApprover(approver: unknown): string {
  return textOf({
    ...good,
    spec: { ...good.spec, approvals: { ...good.spec.approvals, approvers: [approver] } },
  });
}

const yaml = `apiVersion: kubernetes-operations.dev/v1
kind: Charter
metadata:
  name: test
  serial: 1
spec:
  targets: []
  namespaces: [shop]
  kinds: []
  images: {allowed: []}
  widening: []
  approvals:
    required: 0
    approvers: []
    maxValiditySeconds: 60
`;

describe("parseCharter", () => {
  it("reads YAML and JSON alike, frozen", () => {
    expect(parseCharter(textOf(good), "charter.json")).toEqual(good);
    const charter = parseCharter(yaml, "charter.yaml");
    expect(charter.spec.namespaces).toEqual(["shop"]);
    expect(Object.isFrozen(charter.spec.namespaces)).toBe(true);
    expect(parseCharter(canonicalJson(charter), "charter.json")).toEqual(charter);
  });

  it("digests what it says, not how it is written", () => {
    const commented = `# a comment\n${yaml.replace("[shop]", "\n    - shop")}`;
    expect(charterDigest(parseCharter(commented, "a"))).toBe(charterDigest(parseCharter(yaml, "b")));
    expect(charterDigest(parseCharter(yaml.replace("serial: 1", "serial: 2"), "a"))).not.toBe(
      charterDigest(parseCharter(yaml, "b")),
    );
  });

  it.each([
    ["", "charter.yaml is empty"],
    [`${yaml}---\n${yaml}`, "charter.yaml:17:1 a charter is one document, and here a second one starts"],
    [
      yaml.replace("  serial: 1", "  serial: 1\n  serial: 2"),
      'charter.yaml:6:3 key "serial" is already set at charter.yaml:5:3; kubectl keeps the last value, strict readers refuse the document | keep one of the two',
    ],
    [
      yaml.replace("name: test", "name: yes"),
      "charter.yaml:4:9 yes is read as the boolean true by the API server, and differently by other YAML readers | write it in quotes if it is a text, or in its plain form if it is not",
    ],
    [
      yaml.replace("  kinds: []", "  kindz: []"),
      'charter.yaml:9:3 unknown key "kindz" in spec | did you mean kinds?',
    ],
    [
      `${yaml}xyz: 1\n`,
      'charter.yaml:16:1 unknown key "xyz" in the charter | known here: apiVersion, kind, metadata, spec',
    ],
    [yaml.replace("  kinds: []\n", ""), "charter.yaml:7:3 spec lacks kinds"],
    [
      yaml.replace("serial: 1", "serial: 0"),
      "charter.yaml:5:11 metadata.serial is not a whole number of 1 or more",
    ],
    [
      yaml.replace("serial: 1", 'serial: "1"'),
      "charter.yaml:5:11 metadata.serial is not a whole number of 1 or more",
    ],
    [
      yaml.replace("[shop]", '["*"]'),
      "charter.yaml:8:16 spec.namespaces[0] holds a wildcard: names stand in a charter literally",
    ],
    [yaml.replace("[shop]", "[shop, shop]"), "charter.yaml:8:22 spec.namespaces[1] stands twice in the list"],
    [
      yaml.replace("kinds: []", 'kinds: [{group: "*", kinds: [Pod], operations: [create]}]'),
      "charter.yaml:9:19 spec.kinds[0].group holds a wildcard: names stand in a charter literally",
    ],
    [
      yaml.replace("kinds: []", 'kinds: [{group: "", kinds: ["*"], operations: [create]}]'),
      "charter.yaml:9:31 spec.kinds[0].kinds[0] holds a wildcard: names stand in a charter literally",
    ],
    [
      yaml.replace("kinds: []", 'kinds: [{group: "", kinds: [Pod], operations: [created]}]'),
      'charter.yaml:9:50 spec.kinds[0].operations[0] is none of "create", "update", "delete" | did you mean "create"?',
    ],
    [
      yaml.replace("widening: []", "widening: [{id: bindings, decision: allow}]"),
      'charter.yaml:11:19 spec.widening[0].id is not known | did you mean "binding"?',
    ],
    [
      yaml.replace("allowed: []", 'allowed: ["ghcr.io/*"]'),
      "charter.yaml:10:22 spec.images.allowed[0] is not a registry or repository prefix, as docker.io/library, or * alone",
    ],
    [
      yaml.replace("required: 0", "required: 1"),
      "charter.yaml:13:15 spec.approvals.required asks for 1 approvals and lists 0 approvers",
    ],
    [
      yaml.replace("maxValiditySeconds: 60", "maxValiditySeconds: 2678401"),
      "charter.yaml:15:25 spec.approvals.maxValiditySeconds is not a whole number from 60 to 2678400",
    ],
    [
      yaml.replace("maxValiditySeconds: 60", "maxValiditySeconds: 60\n    softwareKeysFor: [demo]"),
      "charter.yaml:16:23 spec.approvals.softwareKeysFor[0] names no target of this charter",
    ],
    [
      yaml.replace("  targets: []", "  __proto__: {a: 1}\n  targets: []"),
      'charter.yaml:7:3 unknown key "__proto__" in spec | known here: targets, namespaces, kinds, images, widening, deletions, podSecurity, findings, ceilings, approvals, maxChanges',
    ],
  ])("refuses %j", (text, message) => {
    expect(outcome(text)).toBe(message);
  });

  it.each([
    "https://user:pass@example.org/x",
    "ssh://example.org/x",
    "http://example.org/x",
    "./x",
    "git@example.org:x",
  ])("refuses the repository %s", (url) => {
    expect(outcome(textOf(charterWith({}, { url })))).toMatch(
      /^charter\.yaml:13:18 spec\.targets\[0\]\.git\.url is not an absolute path or an https URL/,
    );
  });

  it.each([
    [{ folders: ["../x"] }, "it holds . or .. as a part"],
    [{ folders: ["apps/.git"] }, "it is Git's own"],
    [{ folders: [".github/*"] }, "continuous integration runs what lies there"],
    [{ branches: ["a..b"] }, "it holds .. or @{"],
    [{ root: "a/../b" }, "it holds . or .. as a part"],
  ])("refuses the target %j", (git, reason) => {
    expect(outcome(textOf(charterWith({}, git)))).toContain(reason);
  });

  it("refuses a target's name or repository twice", () => {
    const [target] = good.spec.targets;
    expect(outcome(textOf(charterWith({ targets: [target!, { ...target!, name: "other" }] })))).toBe(
      "charter.yaml:27:18 spec.targets[1].git.url stands twice",
    );
    expect(outcome(textOf(charterWith({ targets: [target!, target!] })))).toBe(
      "charter.yaml:25:17 spec.targets[1].name stands twice",
    );
  });
});

describe("K9 approvers are literal", () => {
  const key = publicKey(1);
  it.each([
    [{ principal: "*", key }, "holds a wildcard or a list: an approver is one literal name (kernel K9)"],
    [
      { principal: "*@example.org", key },
      "holds a wildcard or a list: an approver is one literal name (kernel K9)",
    ],
    [{ principal: "al?ce", key }, "holds a wildcard or a list: an approver is one literal name (kernel K9)"],
    [
      { principal: "!eve,alice", key },
      "holds a wildcard or a list: an approver is one literal name (kernel K9)",
    ],
    [{ principal: "a b", key }, "is not a literal name of letters, digits and . _ @ + -"],
    [{ principal: "аlice", key }, "is not a literal name of letters, digits and . _ @ + -"],
    [
      { principal: "a", key: `cert-authority ${key}` },
      "names a cert-authority, which stands for keys that nobody listed (kernel K9)",
    ],
    [
      { principal: "a", key: `namespaces="x",CERT-AUTHORITY ${key}` },
      "names a cert-authority, which stands for keys that nobody listed (kernel K9)",
    ],
    [
      { principal: "a", key: `valid-before="20300101" ${key}` },
      "carries options before the key type (kernel K9)",
    ],
    [{ principal: "a", key: `${key} a@host` }, "carries a comment; only type and base64 stand in a charter"],
    [
      { principal: "a", key: publicKey(1, "ssh-ed25519-cert-v01@openssh.com") },
      "is a certificate; a charter lists the keys themselves (kernel K9)",
    ],
    [
      { principal: "a", key: `${key}\n${key}` },
      "is not one OpenSSH public key: its type and its base64, nothing else",
    ],
    [
      { principal: "a", key: "ssh-dss AAAAB3NzaC1kc3MAAACBAAAA" },
      "is not one OpenSSH public key: its type and its base64, nothing else",
    ],
    [
      { principal: "a", key: key.replace("ssh-ed25519 ", "ssh-rsa ") },
      "is no OpenSSH public key: its base64 does not hold a key of its type",
    ],
  ])("refuses %j", (approver, reason) => {
    const where = reason.startsWith("is no OpenSSH") || approver.principal === "a" ? "key" : "principal";
    expect(outcome(withApprover(approver))).toMatch(/^charter\.yaml:\d+:\d+ /);
    expect(outcome(withApprover(approver)).replace(/^\S+ /, "")).toBe(
      `spec.approvals.approvers[0].${where} ${reason}`,
    );
  });

  it("refuses another spelling of a key's base64, by which one key would count twice", () => {
    // 33 bytes leave four unused bits in the last character: A becomes B, and a lax reader sees the same key.
    const [type, base64] = publicKey(1, "ecdsa-sha2-nistp256").split(" ");
    expect(base64!.endsWith("=")).toBe(true);
    const at = base64!.replace(/=+$/, "").length - 1;
    const next = String.fromCharCode(base64!.charCodeAt(at) + 1);
    const other = `${base64!.slice(0, at)}${next}${base64!.slice(at + 1)}`;
    expect(Buffer.from(other, "base64").equals(Buffer.from(base64!, "base64"))).toBe(true);
    expect(outcome(withApprover({ principal: "a", key: `${type} ${base64}` }))).toBe("ok");
    expect(outcome(withApprover({ principal: "a", key: `${type} ${other}` }))).toContain(
      "its base64 does not hold a key of its type",
    );
  });

  it("refuses one person twice", () => {
    const approvers = (list: unknown[]): string =>
      textOf(charterWith({ approvals: { required: 1, maxValiditySeconds: 60, approvers: list as never } }));
    expect(
      outcome(
        approvers([
          { principal: "a", key },
          { principal: "a", key: publicKey(2) },
        ]),
      ),
    ).toMatch(/approvers\[1\]\.principal stands twice$/);
    expect(
      outcome(
        approvers([
          { principal: "a", key },
          { principal: "b", key },
        ]),
      ),
    ).toMatch(/approvers\[1\]\.key stands twice$/);
  });
});

describe("K6 an unknown key refuses to load", () => {
  it("wherever it stands", () => {
    const places: (readonly (string | number)[])[] = [];
    const walk = (value: unknown, path: readonly (string | number)[]): void => {
      if (value === null || typeof value !== "object") return;
      if (!Array.isArray(value)) places.push(path);
      for (const [key, part] of Object.entries(value))
        walk(part, [...path, Array.isArray(value) ? Number(key) : key]);
    };
    walk(good, []);
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.string({ minLength: 1, maxLength: 12 }), (path, key) => {
        const copy = structuredClone(good) as unknown as Record<string, unknown>;
        let holder = copy;
        for (const step of path) holder = holder[step] as Record<string, unknown>;
        fc.pre(!Object.hasOwn(holder, key));
        Object.defineProperty(holder, key, { value: 1, enumerable: true });
        expect(outcome(textOf(copy))).not.toBe("ok");
      }),
      { numRuns: 300 },
    );
  });
});

describe("K14 a cluster in a charter", () => {
  const row = clusterCharter({}, { sharedWith: ["helm"], ownDeletions: true }).spec
    .targets[0] as CharterClusterTarget;
  const withTargets = (...targets: unknown[]): string => textOf({ ...good, spec: { ...good.spec, targets } });
  const withCluster = (cluster: object): string =>
    withTargets({ name: "dev", cluster: { ...row.cluster, ...cluster } });

  it("is read, beside a repository", () => {
    expect(parseCharter(withTargets(row, good.spec.targets[0]), "c").spec.targets).toEqual([
      row,
      good.spec.targets[0],
    ]);
  });
  it("is one of the two kinds of target", () => {
    const [git] = good.spec.targets;
    expect(outcome(withTargets({ ...git, ...row }))).toContain('unknown key "git" in spec.targets[0]');
    expect(outcome(withTargets({ name: "dev" }))).toContain("spec.targets[0] lacks git");
  });
  it.each<readonly [object, string]>([
    [{ url: "http://192.0.2.10:6443" }, "spec.targets[0].cluster.url is not an https URL"],
    [{ url: "https://u:p@192.0.2.10" }, "spec.targets[0].cluster.url is not an https URL"],
    [{ url: "https://192.0.2.10:443" }, "spec.targets[0].cluster.url is not written as https://192.0.2.10"],
    [
      { url: "https://API.example.org/" },
      "spec.targets[0].cluster.url is not written as https://api.example.org",
    ],
    [{ url: "https://x/?a" }, "spec.targets[0].cluster.url is not an https URL"],
    [{ url: "https://[x" }, "spec.targets[0].cluster.url is no https URL of an API server"],
    [
      { caKeySha256: "C".repeat(64) },
      "spec.targets[0].cluster.caKeySha256 is not a SHA-256 in lower-case hexadecimal",
    ],
    [{ caKeySha256: undefined }, "spec.targets[0].cluster lacks caKeySha256"],
    [{ kubeSystemUid: "kube-system" }, "spec.targets[0].cluster.kubeSystemUid is not a UID"],
    [
      { inventory: "*" },
      "spec.targets[0].cluster.inventory holds a wildcard: names stand in a charter literally",
    ],
    [{ inventory: undefined }, "spec.targets[0].cluster lacks inventory"],
    [
      { sharedWith: ["*"] },
      "spec.targets[0].cluster.sharedWith[0] holds a wildcard: names stand in a charter literally",
    ],
    [{ sharedWith: [] }, "spec.targets[0].cluster.sharedWith is empty"],
    [{ skipTls: true }, 'unknown key "skipTls" in spec.targets[0].cluster'],
  ])("refuses %j", (cluster, message) => {
    expect(outcome(withCluster(cluster))).toContain(message);
  });
  it("stands once, by its name and by its URL", () => {
    expect(outcome(withTargets(row, { ...row, name: "prod" }))).toContain(
      "spec.targets[1].cluster.url stands twice",
    );
    expect(outcome(withTargets(row, { ...row, cluster: { ...row.cluster, url: "https://b" } }))).toContain(
      "spec.targets[1].name stands twice",
    );
  });
  it("is found by its name, a repository by its URL", () => {
    const charter = parseCharter(withTargets(row, good.spec.targets[0]), "c");
    expect(charterTargetFor(charter, { kind: "cluster", name: "dev" })).toEqual(row);
    expect(charterTargetFor(charter, { kind: "cluster", name: "gitops" })).toBeUndefined();
    expect(charterTargetFor(charter, { kind: "git", url: row.cluster.url })).toBeUndefined();
    expect(charterTargetFor(charter, { kind: "git", url: "/srv/gitops" })?.name).toBe("gitops");
  });
});
