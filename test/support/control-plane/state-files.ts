import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Authority, authority, type IssuedCertificate } from "../test-pki.ts";

/** Keys and certificates of one control plane, and the files that its programs read. */
export interface StateFiles {
  readonly folder: string;
  readonly authority: Authority;
  readonly token: (user: string) => string | undefined;
}

/** Users with a static token, and their groups. */
const tokenUsers: Readonly<Record<string, readonly string[]>> = {
  agent: ["agents"],
  alice: ["developers"],
  bob: ["developers", "approvers"],
  planner: ["planners"],
};

const auditPolicy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [
    {
      level: "None",
      users: ["system:kube-controller-manager", "system:kube-scheduler", "system:apiserver"],
    },
    { level: "None", userGroups: ["system:serviceaccounts:kube-system", "system:nodes"] },
    { level: "None", nonResourceURLs: ["/healthz*", "/readyz*", "/livez*", "/openapi*", "/version"] },
    {
      level: "Metadata",
      resources: [{ group: "", resources: ["secrets", "configmaps", "serviceaccounts/token"] }],
    },
    { level: "RequestResponse" },
  ],
};

/** Writes certificates, token file, audit policy and the components' kubeconfigs below `folder`. */
export function writeStateFiles(folder: string, apiUrl: string): StateFiles {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const write = (name: string, text: string): void =>
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  const ca = authority("kubeops-test-ca");
  const server = ca.issue({
    commonName: "kube-apiserver",
    dnsNames: ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"],
    ipAddresses: ["127.0.0.1", "10.96.0.1"],
  });
  write("ca.crt", ca.certificate);
  write("ca.key", ca.key);
  write("apiserver.crt", server.certificate);
  write("apiserver.key", server.key);
  write("front-ca.crt", authority("kubeops-test-front").certificate);
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  write("sa.pub", publicKey.export({ type: "spki", format: "pem" }).toString());
  write("sa.key", privateKey.export({ type: "sec1", format: "pem" }).toString());
  const tokens = new Map(
    Object.keys(tokenUsers).map((user) => [user, `${user}-${randomBytes(12).toString("hex")}`]),
  );
  write(
    "tokens.csv",
    [...tokens]
      .map(
        ([user, token], index) => `${token},${user},${index + 1},"${(tokenUsers[user] ?? []).join(",")}"\n`,
      )
      .join(""),
  );
  write("audit-policy.yaml", JSON.stringify(auditPolicy));
  const client = (commonName: string, organizations: readonly string[] = []): IssuedCertificate =>
    ca.issue({ commonName, organizations, usage: "client" });
  write("kcm.conf", certificateConfig(apiUrl, ca.certificate, client("system:kube-controller-manager")));
  write("sched.conf", certificateConfig(apiUrl, ca.certificate, client("system:kube-scheduler")));
  write("admin.conf", certificateConfig(apiUrl, ca.certificate, client("admin", ["system:masters"])));
  return { folder, authority: ca, token: (user) => tokens.get(user) };
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** A kubeconfig as kubectl reads it, for a client certificate. */
export function certificateConfig(
  server: string,
  ca: string,
  { certificate, key }: Pick<IssuedCertificate, "certificate" | "key">,
): string {
  return config(server, ca, {
    "client-certificate-data": base64(certificate),
    "client-key-data": base64(key),
  });
}

/** A kubeconfig for a bearer token. */
export function tokenConfig(server: string, ca: string, token: string): string {
  return config(server, ca, { token });
}

function config(server: string, ca: string, user: Readonly<Record<string, string>>): string {
  return `${JSON.stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "test",
      clusters: [{ name: "test", cluster: { server, "certificate-authority-data": base64(ca) } }],
      users: [{ name: "test", user }],
      contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    },
    undefined,
    2,
  )}\n`;
}
