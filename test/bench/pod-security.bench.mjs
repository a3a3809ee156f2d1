// µs that the Pod Security checks take for one Pod. Figures are printed, never asserted.
import {
  podSecurityLevelOf,
  podSecurityViolations,
} from "../../src/analysis/checks/pod-security/pod-security.ts";

const context = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
const good = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  spec: {
    template: {
      spec: {
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
        initContainers: [{ name: "init", securityContext: context }],
        containers: [
          {
            name: "web",
            securityContext: context,
            ports: [{ containerPort: 80 }],
            livenessProbe: { httpGet: {} },
          },
        ],
        volumes: [{ name: "data", emptyDir: {} }],
      },
    },
  },
};
const bad = {
  apiVersion: "v1",
  kind: "Pod",
  spec: {
    hostNetwork: true,
    containers: [{ name: "web", securityContext: { privileged: true }, ports: [{ containerPort: 80 }] }],
    volumes: [{ name: "root", hostPath: { path: "/" } }],
  },
};

measure("restricted, passes", () => podSecurityViolations(good, "restricted", 37));
measure("restricted, fails 8 checks", () => podSecurityViolations(bad, "restricted", 37));
measure("strictest level of both", () => {
  podSecurityLevelOf(good, 37);
  podSecurityLevelOf(bad, 37);
});

function measure(name, run) {
  for (let round = 0; round < 20_000; round++) run();
  const rounds = 200_000;
  const start = performance.now();
  for (let round = 0; round < rounds; round++) run();
  const micros = ((performance.now() - start) * 1000) / rounds;
  process.stdout.write(`${name}: ${micros.toFixed(2)} µs\n`);
}
