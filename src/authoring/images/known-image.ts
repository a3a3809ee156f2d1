/**
 * What is known of public images: the user they can run as, the ports they listen on, the paths they write to. Facts of
 * the images' own build files, named in `source`. `guess` marks rows that were not read there: the output says "assumed".
 */
export interface KnownImage {
  /** With registry: `docker.io/library/postgres`. */
  readonly repositories: readonly string[];
  /** Which tags the row is for; absent: all that no earlier row of the repository took. */
  readonly tag?: RegExp;
  readonly component?: "database" | "cache" | "queue" | "web" | "monitoring" | "proxy" | "application";
  readonly user?: KnownUser;
  readonly ports: readonly KnownPort[];
  /** Paths that it must be able to write to, and that may start empty; `/run`, never `/var/run`, which is a link to it. */
  readonly writable: readonly string[];
  /** With `writable` writable, the rest of the root file system may be read-only. */
  readonly readOnlyRoot?: true;
  /** Where its data lies. `folder`: an environment variable that moves the data into a folder below a volume's root. */
  readonly data?: {
    readonly path: string;
    readonly folder?: { readonly variable: string; readonly value: string };
    /** Sub-path of the volume to mount, where the program refuses a directory that holds `lost+found`. */
    readonly subPath?: string;
  };
  /** It keeps state that must not be shared by two Pods. */
  readonly stateful?: true;
  /** Why it cannot run as another user than root. */
  readonly needsRoot?: string;
  /** Its program carries this file capability: the kernel refuses to start it where the capability is dropped. */
  readonly fileCapability?: "NET_BIND_SERVICE";
  /** A variable that keeps it on its usual port, where it takes another one when it finds itself without privileges. */
  readonly listen?: {
    readonly variable: string;
    readonly value: string;
    /** Left alone where the input sets this variable, which changes the usual port. */
    readonly unless: string;
  };
  /** Memory that it needs, in MiB, where the usual default is too little: our judgement where the source gives no figure. */
  readonly memoryMiB?: number;
  readonly certainty: "source" | "guess";
  readonly source: string;
}

export interface KnownUser {
  readonly uid: number;
  readonly gid: number;
  /** Its name in the image. */
  readonly name?: string;
}

export interface KnownPort {
  readonly port: number;
  readonly name: string;
  readonly protocol?: "UDP";
}

/** Official images of Docker Hub. */
export function official(...names: readonly string[]): readonly string[] {
  return names.map((name) => `docker.io/library/${name}`);
}

/** Other repositories of Docker Hub. */
export function hub(...names: readonly string[]): readonly string[] {
  return names.map((name) => `docker.io/${name}`);
}

export function http(port: number): KnownPort {
  return { port, name: "http" };
}
