import type { Place } from "../../kube/place.ts";
import type { Problem } from "../../kube/problem.ts";
import type {
  ConfigIntent,
  EnvIntent,
  HealthIntent,
  SecretIntent,
  SecretKeyIntent,
  WorkloadIntent,
} from "../intent/intent.ts";
import {
  holdsCredential,
  isCredential,
  isCredentialName,
} from "../../analysis/checks/secrets/credentials.ts";
import type { KomposeSettings } from "./kompose-settings.ts";
import type { Sources } from "./load/sources.ts";
import { dataKey, dnsLabel } from "./names.ts";
import type { Ledger } from "./tree/ledger.ts";
import { type MapNode, type Node, textOf } from "./tree/node.ts";

/** A workload while it is being put together. */
export type Draft = { -readonly [Key in keyof WorkloadIntent]: WorkloadIntent[Key] };

/** What reading one project shares. */
export interface ProjectContext {
  readonly application: string;
  readonly sources: Sources;
  readonly ledger: Ledger;
  readonly problems: Problem[];
  /** The merged model. */
  readonly model: MapNode;
  readonly volumes: ReadonlyMap<string, Node>;
  readonly configs: ReadonlyMap<string, Node>;
  readonly secrets: ReadonlyMap<string, Node>;
  readonly networks: ReadonlyMap<string, Node>;
  /** Selected services by the name that the file gives them. */
  readonly services: Map<string, ServiceContext>;
  /** Services that the chosen profiles leave out, and why. */
  readonly excluded: ReadonlyMap<string, string>;
  readonly lookup: (name: string) => string | undefined;
  readonly book: SecretBook;
  readonly configIntents: Map<string, ConfigIntent>;
  readonly volumeClaims: Map<string, { readonly name: string; readonly users: ServiceContext[] }>;
  /** Values that became references and are distinctive enough to be looked for elsewhere. */
  readonly sensitive: Set<string>;
}

/** A text of a service that may name another service as a host. */
export interface Evidence {
  readonly text: string;
  readonly reason: string;
  readonly place: Place;
  /** The whole text may be a host: `DB_HOST: db`. */
  readonly mayBeHost: boolean;
}

export interface KnownValue {
  readonly value: string;
  readonly variable: string;
}

export interface ServiceContext {
  readonly project: ProjectContext;
  /** Name in the file. */
  readonly key: string;
  /** DNS label. */
  readonly name: string;
  readonly node: MapNode;
  readonly draft: Draft;
  readonly env: Map<string, EnvIntent>;
  /** Values of this service's variables that became references: never in the intent. */
  readonly known: KnownValue[];
  readonly evidence: Evidence[];
  /** What `healthcheck` says, also without a test: labels of kompose may name one. */
  health: { -readonly [Key in keyof HealthIntent]?: HealthIntent[Key] };
  readonly links: { readonly target: string; readonly node: Node }[];
  readonly dependencies: {
    readonly target: string;
    readonly condition: "started" | "healthy" | "completed";
    readonly node: Node;
  }[];
  /** What labels of kompose say about other fields. */
  readonly kompose: KomposeSettings;
  /** The field that says when to restart, and the attempts it allows: what becomes of them depends on the kind. */
  restartNode: Node | undefined;
  attempts: { readonly count: number; readonly node: Node } | undefined;
  /** Names by which a `links:` of this service calls others. */
  readonly linkAliases: Map<string, string>;
}

export interface SecretBook {
  /** A later word about the same key counts. */
  add(secret: string, key: SecretKeyIntent): void;
  remove(secret: string, key: string): void;
  all(): readonly SecretIntent[];
}

export function createSecretBook(): SecretBook {
  const secrets = new Map<string, Map<string, SecretKeyIntent>>();
  return {
    add(secret, key) {
      const keys = secrets.get(secret) ?? new Map<string, SecretKeyIntent>();
      secrets.set(secret, keys);
      keys.set(key.key, key);
    },
    remove(secret, key) {
      const keys = secrets.get(secret);
      if (keys?.delete(key) === true && keys.size === 0) secrets.delete(secret);
    },
    all: () =>
      [...secrets.entries()]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, keys]) => ({
          name,
          keys: [...keys.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1)),
        })),
  };
}

/** A value that stands out: to find it elsewhere by chance is next to impossible. */
export function isDistinctive(value: string): boolean {
  return value.length >= 16 || (value.length >= 8 && /\d/.test(value) && /[A-Za-z]/.test(value));
}

/** Name of the Secret that holds the variables of a service. */
export function environmentSecret(service: ServiceContext): string {
  return dnsLabel(`${service.name}-env`);
}

/** Takes a variable away, also one that an environment file set. */
export function removeVariable(service: ServiceContext, variable: string): void {
  service.env.delete(variable);
  service.project.book.remove(environmentSecret(service), dataKey(variable));
}

/** Where a value comes from that becomes a reference. */
export interface Origin {
  readonly reason: string;
  readonly place: Place;
  readonly file?: string;
  /** It is a credential, whatever its variable is called. */
  readonly credential?: boolean;
}

/** Makes a variable a reference to the service's Secret, and remembers its value so that no copy of it stays behind. */
export function referenceVariable(
  service: ServiceContext,
  variable: string,
  value: string | undefined,
  origin: Origin,
): void {
  const secret = environmentSecret(service);
  const key = dataKey(variable);
  service.env.delete(variable);
  service.env.set(variable, { name: variable, secret, key });
  const { reason, place, file } = origin;
  service.project.book.add(secret, { key, reason, place, ...(file === undefined ? {} : { file }) });
  if (value === undefined || value === "") return;
  service.known.push({ value, variable });
  // A host or a port that came from the environment may well stand elsewhere; a credential may not.
  if (isDistinctive(value) && (origin.credential === true || isCredential(variable, value)))
    service.project.sensitive.add(value);
}

/** The variable that holds a credential which stands in a command: an existing one with this value, else a new one. */
export function variableFor(service: ServiceContext, value: string, hint: string, node: Node): string {
  const known = service.known.find((each) => each.value === value);
  if (known !== undefined) return known.variable;
  const words = hint
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "");
  const base = `KUBEOPS_${words === "" ? "CREDENTIAL" : words}`;
  let name = base;
  for (let i = 2; service.env.has(name); i++) name = `${base}_${i}`;
  referenceVariable(service, name, value, {
    reason: `literal credential in ${node.path.at(2) ?? "the service"}`,
    place: node.place,
    credential: true,
  });
  return name;
}

/** A credential stands somewhere in the text, or a value that became a reference elsewhere. */
export function holdsSecret(project: ProjectContext, text: string): boolean {
  if (holdsCredential(text)) return true;
  for (const value of project.sensitive) if (text.includes(value)) return true;
  return false;
}

/** The text stands for a credential, by its name, by its own look, or because a reference was made of it elsewhere. */
export function isSecretText(project: ProjectContext, node: Node, name: string, text: string): boolean {
  if (text === "") return false;
  if (isCredential(name, text)) return true;
  if (node.kind === "scalar" && node.variables.some((variable) => isCredentialName(variable))) return true;
  return holdsSecret(project, text);
}

/**
 * The text of a node for a place of the intent that cannot refer to a Secret: undefined, and reported as dropped, when
 * it is a credential (kernel K16).
 */
export function literal(
  project: ProjectContext,
  node: Node,
  name: string,
  text: string = textOf(node),
): string | undefined {
  if (!isSecretText(project, node, name, text)) return text;
  project.ledger.mark(
    node,
    "dropped",
    "it holds a credential, and Kubernetes has no reference to a Secret here",
  );
  return undefined;
}
