import { hub, http, type KnownImage, type KnownPort } from "./known-image.ts";

/**
 * With a user of its own, s6-overlay starts only where that user owns /run; without the gain of privileges there is no way
 * around that, and an empty folder of Kubernetes belongs to root (linuxserver/docker-documentation:docs/misc/non-root.md).
 */
const needsRoot =
  "its init (s6-overlay) starts as root, or needs a /run that its own user owns, which no volume of Kubernetes is";

const ports: ReadonlyMap<string, readonly KnownPort[]> = new Map([
  ["wireguard", [{ port: 51820, name: "wireguard", protocol: "UDP" }]],
  ["plex", [{ port: 32400, name: "plex" }]],
  ["jellyfin", [http(8096)]],
  ["swag", [http(80), { port: 443, name: "https" }]],
  ["code-server", [{ port: 8443, name: "web" }]],
  ["sonarr", [http(8989)]],
  ["radarr", [http(7878)]],
  [
    "qbittorrent",
    [http(8080), { port: 6881, name: "torrent" }, { port: 6881, name: "torrent-udp", protocol: "UDP" }],
  ],
]);

/** The images of linuxserver.io. */
export const linuxserver: readonly KnownImage[] = [...ports].map(([name, opened]) => ({
  repositories: [...hub(`linuxserver/${name}`), `lscr.io/linuxserver/${name}`],
  component: "application",
  ports: opened,
  writable: ["/tmp"],
  data: { path: "/config" },
  needsRoot,
  certainty: "source",
  source: `linuxserver/docker-${name}:Dockerfile, readme-vars.yml`,
}));
