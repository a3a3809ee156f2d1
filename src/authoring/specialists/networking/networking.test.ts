import { describe, expect, test } from "vitest";
import { application, connection, port, workload } from "../../../../test/support/authoring-intents.ts";
import { container, find, kinds, notes, one } from "../../../../test/support/authored.ts";
import { isArray, valueAt } from "../../../kube/json.ts";
import type { Authored, WorkloadIntent } from "../../intent/intent.ts";
import { author } from "../author.ts";

describe("ports, names and Services", () => {
  const ports = (authored: Authored): string[] => {
    const list = container(authored, "ports");
    return isArray(list)
      ? list.map(
          (item) => `${valueAt(item, ["name"]) as string} ${valueAt(item, ["containerPort"]) as number}`,
        )
      : [];
  };

  test.each<[string, Partial<WorkloadIntent>, readonly string[]]>([
    ["well known", { ports: [port(443), port(80)] }, ["http 80", "https 443"]],
    ["over two protocols", { ports: [port(53), port(53, { protocol: "UDP" })] }, ["dns-tcp 53", "dns 53"]],
    ["by its image", { image: "grafana/grafana:12", ports: [port(3000)] }, ["http 3000"]],
    ["by the input", { ports: [port(81, { name: "main" })] }, ["main 81"]],
    [
      "twice the same name",
      { ports: [port(81, { name: "a" }), port(82, { name: "a" })] },
      ["a 81", "tcp-82 82"],
    ],
    ["a name that is none", { ports: [port(81, { name: "Main_Port" })] }, ["tcp-81 81"]],
    ["none listed, and a known image", { image: "mongo:8" }, ["mongodb 27017"]],
    ["others listed, and a known server", { image: "nginx:1", ports: [port(8080)] }, ["http-alt 8080"]],
  ])("%s", (_, changes, expected) => {
    expect(ports(one(changes))).toEqual(expected);
  });

  test("a store is also asked on its own port when the input lists another", () => {
    const authored = author(
      application(
        [
          workload("queue", { image: "rabbitmq:4", ports: [port(15672, { published: true })] }),
          workload("web"),
        ],
        { connections: [connection("web", "queue")] },
      ),
    );
    expect(valueAt(find(authored, "Service", "queue"), ["spec", "ports"])).toMatchObject([
      { name: "amqp", port: 5672 },
      { name: "tcp-15672", port: 15672 },
    ]);
  });

  test("a Service offers the container's own port and the published one", () => {
    const authored = one({ ports: [port(80, { published: true, servicePort: 8080 })] });
    expect(valueAt(find(authored, "Service", "web"), ["spec", "ports"])).toMatchObject([
      { name: "http", port: 80, targetPort: "http" },
      { name: "http-8080", port: 8080, targetPort: "http" },
    ]);
  });

  test("a published number that another port of the container has is left out and said", () => {
    const authored = one({ ports: [port(80, { published: true, servicePort: 443 }), port(443)] });
    expect(notes(authored, "network/service-port")).toEqual([
      "published port 443/TCP is left out: the Service already has that port.",
    ]);
  });

  test("aliases never take the name of another service", () => {
    const authored = author(
      application([
        workload("web", { ports: [port(80)], aliases: ["api", "www", "Bad_1"] }),
        workload("api", { ports: [port(80)], aliases: ["www"] }),
      ]),
    );
    expect(kinds(authored).filter((kind) => kind.startsWith("Service "))).toEqual([
      "Service api",
      "Service web",
      "Service www",
    ]);
    expect(valueAt(find(authored, "Service", "www"), ["spec", "selector", "app.kubernetes.io/name"])).toBe(
      "api",
    );
    expect(notes(authored, "network/alias")).toEqual([
      'the alias "Bad_1" is left out: a Service\'s name is a DNS label that starts with a letter.',
      "the alias api is left out: api has that name.",
      "the alias www is left out: api has that name.",
    ]);
  });
});

describe("NetworkPolicies", () => {
  test("the namespace is closed in both directions, and DNS is open over UDP and TCP", () => {
    const authored = one({});
    expect(find(authored, "NetworkPolicy", "default-deny")["spec"]).toEqual({
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
    });
    expect(valueAt(find(authored, "NetworkPolicy", "allow-dns"), ["spec", "egress", 0, "ports"])).toEqual([
      { port: 53, protocol: "UDP" },
      { port: 53, protocol: "TCP" },
    ]);
  });

  test("in a shared namespace only the application's Pods are closed, and the namespace is not made", () => {
    const authored = one({}, { namespace: "default" });
    expect(kinds(authored)).not.toContain("Namespace default");
    expect(valueAt(find(authored, "NetworkPolicy", "default-deny"), ["spec", "podSelector"])).toEqual({
      matchLabels: { "app.kubernetes.io/part-of": "shop" },
    });
  });

  test("a connection without a known port opens all of them, gives the name a headless Service, and is said", () => {
    const authored = author(
      application([workload("web"), workload("api")], { connections: [connection("web", "api")] }),
    );
    expect(valueAt(find(authored, "NetworkPolicy", "api"), ["spec", "ingress", 0, "ports"])).toBeUndefined();
    expect(valueAt(find(authored, "Service", "api"), ["spec", "clusterIP"])).toBe("None");
    expect(notes(authored, "network/all-ports")).toEqual([
      "the input shows no port on which it listens: web may connect to all of them. List its ports (expose:).",
    ]);
  });

  test("two that share no network do not reach each other", () => {
    const authored = author(
      application(
        [workload("web", { networks: ["front"] }), workload("db", { networks: ["back"], ports: [port(1)] })],
        {
          connections: [connection("web", "db")],
        },
      ),
    );
    expect(kinds(authored).filter((kind) => kind.startsWith("NetworkPolicy"))).toEqual([
      "NetworkPolicy allow-dns",
      "NetworkPolicy default-deny",
    ]);
    expect(notes(authored, "network/no-common-network")).toEqual([
      "the connection web → db (depends_on) is not opened: the two share no network.",
    ]);
  });

  test.each<[string, unknown]>([
    [
      "0.0.0.0/0",
      {
        cidr: "0.0.0.0/0",
        except: [
          "10.0.0.0/8",
          "100.64.0.0/10",
          "127.0.0.0/8",
          "169.254.0.0/16",
          "172.16.0.0/12",
          "192.0.0.192/32",
          "192.168.0.0/16",
        ],
      },
    ],
    ["::/0", { cidr: "::/0", except: ["fc00::/7", "fe80::/10"] }],
    ["10.9.8.7/8", { cidr: "10.0.0.0/8" }],
    ["169.254.0.0/16", { cidr: "169.254.0.0/16", except: ["169.254.169.254/32"] }],
    ["100.64.0.0/10", { cidr: "100.64.0.0/10", except: ["100.100.100.200/32"] }],
    ["fd00::/8", { cidr: "fd00::/8", except: ["fd00:ec2::254/128", "fd20:ce::254/128"] }],
    ["203.0.113.7/32", { cidr: "203.0.113.7/32" }],
    ["169.254.169.254/32", undefined],
    ["fd00:ec2::254/128", undefined],
    ["nowhere", undefined],
  ])("egress to %s never reaches the metadata of a cloud", (cidr, expected) => {
    const authored = one({ egress: [{ cidr, ports: [] }] });
    const policy = authored.objects.find(
      (object) => object["kind"] === "NetworkPolicy" && valueAt(object, ["metadata", "name"]) === "web",
    );
    expect(valueAt(policy, ["spec", "egress", 0, "to", 0, "ipBlock"])).toEqual(expected);
  });

  test("a workload that is called as a common policy keeps both apart", () => {
    const authored = author(
      application([workload("default-deny", { ports: [port(80, { published: true })] })]),
    );
    expect(kinds(authored).filter((kind) => kind.startsWith("NetworkPolicy"))).toEqual([
      "NetworkPolicy allow-dns",
      "NetworkPolicy default-deny",
      "NetworkPolicy default-deny-workload",
    ]);
  });
});
