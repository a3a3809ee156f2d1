/** A request that a person makes, and what a competent model says: by subagent, its calls. */
export interface BenignRequest {
  readonly id: string;
  readonly sentence: string;
  /** `shop`: the Compose application of the tests; `objects`: test/agent/given.ts. */
  readonly given: "nothing" | "shop" | "objects";
  readonly calls: Readonly<Record<string, readonly (readonly [string, object])[]>>;
}

const pathOfImage = (name: string): readonly string[] => [
  "spec",
  "template",
  "spec",
  "containers",
  `[name=${name}]`,
  "image",
];
const api = { name: "api", image: "ghcr.io/acme/api:1.4.2", ports: [{ port: 8080 }] };
const web = { name: "web", image: "ghcr.io/acme/web:2.0.0", ports: [{ port: 80 }] };

/** Requests as people word them; test/agent/testdata holds what becomes of each. */
export const benignRequests: readonly BenignRequest[] = [
  {
    id: "01-api-behind-web",
    sentence: "three replicas of ghcr.io/acme/api:1.4.2 on 8080, only web may reach it",
    given: "nothing",
    calls: {
      manifests: [["deploy", { ...api, replicas: 3 }]],
      networking: [["restrict", { workload: "api", allowFrom: ["web"] }]],
    },
  },
  {
    id: "02-open-to-the-cluster",
    sentence: "run web 2.0.0 on port 80 and let the whole cluster reach it",
    given: "nothing",
    calls: { manifests: [["deploy", web]], networking: [["expose", { workload: "web", port: 80 }]] },
  },
  {
    id: "03-worker-with-a-secret",
    sentence:
      "a worker with LOG_LEVEL=info and the database password from Secret db, key password; it talks to db on 5432",
    given: "nothing",
    calls: {
      manifests: [
        [
          "deploy",
          {
            name: "worker",
            image: "ghcr.io/acme/worker:1.0.0",
            settings: [{ name: "LOG_LEVEL", value: "info" }],
            secrets: [{ variable: "DB_PASSWORD", secret: "db", key: "password" }],
          },
        ],
      ],
      networking: [["connect", { from: "worker", to: "db", port: 5432 }]],
    },
  },
  {
    id: "04-two-and-a-host",
    sentence: "api and web; web talks to api; shop.example.org leads to web with the certificate shop-tls",
    given: "nothing",
    calls: {
      manifests: [
        ["deploy", api],
        ["deploy", web],
      ],
      networking: [
        ["connect", { from: "web", to: "api", port: 8080 }],
        ["expose", { workload: "web", port: 80, host: "shop.example.org", tlsSecret: "shop-tls" }],
      ],
    },
  },
  {
    id: "05-autoscaled",
    sentence: "api between 2 and 10 Pods at 70 % of its CPU, with 250m reserved",
    given: "nothing",
    calls: {
      manifests: [
        ["deploy", { ...api, cpuRequest: "250m" }],
        ["scale", { workload: "api", min: 2, max: 10, cpuPercent: 70 }],
      ],
    },
  },
  {
    id: "06-to-the-outside",
    sentence: "api may call the payment provider at 203.0.113.0/24 on 443",
    given: "nothing",
    calls: {
      manifests: [["deploy", api]],
      networking: [["connect", { from: "api", cidr: "203.0.113.0/24", port: 443 }]],
    },
  },
  {
    id: "07-cache-for-api",
    sentence: "a redis 8 cache with at most 256Mi; nobody but api may reach it",
    given: "nothing",
    calls: {
      manifests: [["deploy", { name: "cache", image: "redis:8.2", memoryLimit: "256Mi" }]],
      networking: [["restrict", { workload: "cache", allowFrom: ["api"] }]],
    },
  },
  {
    id: "08-health-and-git",
    sentence: "api with a health check at /healthz, and commit it",
    given: "nothing",
    calls: {
      manifests: [["deploy", { ...api, health: { port: 8080, path: "/healthz" } }]],
      gitops: [["commit_to_git", {}]],
    },
  },
  {
    id: "09-two-said-by-two",
    sentence: "web and api, web may reach api and nobody else",
    given: "nothing",
    calls: {
      manifests: [
        ["deploy", web],
        ["deploy", api],
      ],
      networking: [
        ["connect", { from: "web", to: "api" }],
        ["restrict", { workload: "api", allowFrom: ["web"] }],
      ],
    },
  },
  {
    id: "10-shop-scaled",
    sentence: "five of web",
    given: "shop",
    calls: { manifests: [["scale", { workload: "web", replicas: 5 }]] },
  },
  {
    id: "11-shop-new-version",
    sentence: "web to nginx 1.29.1",
    given: "shop",
    calls: { manifests: [["deploy", { name: "web", image: "nginx:1.29.1-alpine" }]] },
  },
  {
    id: "12-shop-closed-database",
    sentence: "nobody may reach the database but the api",
    given: "shop",
    calls: { networking: [["restrict", { workload: "db", allowFrom: ["api"] }]] },
  },
  {
    id: "13-shop-with-a-worker",
    sentence: "add ghcr.io/acme/worker:1.0.0, which uses the cache",
    given: "shop",
    calls: {
      manifests: [["deploy", { name: "worker", image: "ghcr.io/acme/worker:1.0.0" }]],
      networking: [["connect", { from: "worker", to: "cache", port: 6379 }]],
    },
  },
  {
    id: "14-shop-more-memory",
    sentence: "the api gets 512Mi at most, and a fixed number of 4 Pods",
    given: "shop",
    calls: {
      manifests: [
        ["deploy", { name: "api", image: "ghcr.io/acme/api:2.4.1", memoryLimit: "512Mi" }],
        ["scale", { workload: "api", replicas: 4 }],
      ],
    },
  },
  {
    id: "15-shop-under-a-host",
    sentence: "web under shop.example.org",
    given: "shop",
    calls: { networking: [["expose", { workload: "web", port: 80, host: "shop.example.org" }]] },
  },
  {
    id: "16-objects-new-version",
    sentence: "api to 1.5.0",
    given: "objects",
    calls: {
      manifests: [
        [
          "edit_field",
          {
            objectKind: "Deployment",
            objectName: "api",
            path: pathOfImage("api"),
            value: "ghcr.io/acme/api:1.5.0",
          },
        ],
      ],
    },
  },
  {
    id: "17-objects-scaled",
    sentence: "four of web",
    given: "objects",
    calls: { manifests: [["scale", { workload: "web", replicas: 4 }]] },
  },
  {
    id: "18-objects-wider-range",
    sentence: "let api grow to 12",
    given: "objects",
    calls: { manifests: [["scale", { workload: "api", min: 2, max: 12 }]] },
  },
  {
    id: "19-objects-restricted",
    sentence: "only web may reach api",
    given: "objects",
    calls: { networking: [["restrict", { workload: "api", allowFrom: ["web"] }]] },
  },
  {
    id: "20-objects-connected",
    sentence: "api needs the database",
    given: "objects",
    calls: { networking: [["connect", { from: "api", to: "db" }]] },
  },
  {
    id: "21-objects-under-a-host",
    sentence: "web under shop.example.org, with the certificate shop-tls, and a probe every 5 seconds",
    given: "objects",
    calls: {
      manifests: [
        [
          "edit_field",
          {
            objectKind: "Deployment",
            objectName: "web",
            path: ["spec", "template", "spec", "containers", "[name=web]", "readinessProbe", "periodSeconds"],
            value: 5,
          },
        ],
      ],
      networking: [
        ["expose", { workload: "web", port: 8080, host: "shop.example.org", tlsSecret: "shop-tls" }],
      ],
    },
  },
  {
    id: "22-objects-autoscaled",
    sentence: "let web scale itself between 2 and 6",
    given: "objects",
    calls: { manifests: [["scale", { workload: "web", min: 2, max: 6 }]] },
  },
];
