/** Images whose names are copied with a letter changed: the most pulled official images, and Kubernetes' own. */
export const wellKnown: readonly string[] = [
  "alpine",
  "busybox",
  "cassandra",
  "consul",
  "coredns",
  "debian",
  "elasticsearch",
  "etcd",
  "fluentd",
  "ghost",
  "golang",
  "grafana",
  "haproxy",
  "httpd",
  "influxdb",
  "jenkins",
  "kibana",
  "kube-apiserver",
  "kube-proxy",
  "logstash",
  "mariadb",
  "memcached",
  "mongo",
  "mysql",
  "nextcloud",
  "nginx",
  "node",
  "openjdk",
  "postgres",
  "prometheus",
  "python",
  "rabbitmq",
  "redis",
  "registry",
  "sonarqube",
  "telegraf",
  "tomcat",
  "traefik",
  "ubuntu",
  "vault",
  "wordpress",
  "zookeeper",
];

/** Names that are near to a well-known one and stand for themselves. */
const themselves: ReadonlySet<string> = new Set([
  "mongod",
  "nginxs",
  "nodes",
  "noded",
  "note",
  "code",
  "mode",
  "redisx",
  "mango",
  "ghosts",
  "host",
  "vaults",
  "guest",
  "register",
  "consular",
]);

/** The well-known image that a name is one slip away from: a letter too much, too few, changed, or two swapped. */
export function lookAlike(repository: string): string | undefined {
  const name = (repository.split("/").at(-1) ?? "").toLowerCase();
  if (name.length < 5 || themselves.has(name) || wellKnown.includes(name)) return undefined;
  return wellKnown.find((known) => known.length >= 5 && oneSlip(name, known));
}

function oneSlip(name: string, known: string): boolean {
  if (Math.abs(name.length - known.length) > 1) return false;
  let at = 0;
  while (at < name.length && name[at] === known[at]) at++;
  const tail = (left: number, right: number): boolean => name.slice(at + left) === known.slice(at + right);
  if (name.length === known.length)
    return tail(1, 1) || (name[at] === known[at + 1] && name[at + 1] === known[at] && tail(2, 2));
  return name.length > known.length ? tail(1, 0) : tail(0, 1);
}
