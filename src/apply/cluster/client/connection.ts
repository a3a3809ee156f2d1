/** Everything that leads to one API server as one user. Made by `loadKubeconfig` only from what it accepts. */
export interface KubeConnection {
  /** https URL in normal form, without a slash at its end: what a pin holds. */
  readonly server: string;
  /** CA certificates, PEM; null means the public CAs that Node.js brings. */
  readonly caPem: string | null;
  /** Name that the server's certificate must have instead of the URL's host. */
  readonly tlsServerName: string | null;
  readonly credentials: KubeCredentials;
  readonly impersonate: Impersonation | null;
  /** Namespace of the context; `default` when it names none. */
  readonly namespace: string;
  /** Names in the kubeconfig, for messages. They select nothing by themselves (kernel K14). */
  readonly context: string;
  /** What the file says and nobody here listens to. */
  readonly warnings: readonly string[];
}

export type KubeCredentials =
  | { readonly kind: "none" }
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "certificate"; readonly certPem: string; readonly keyPem: string }
  | { readonly kind: "exec"; readonly plugin: PinnedExec; readonly apiVersion: string };

/** A credential plug-in that the operator named and measured: nothing in a kubeconfig starts a program by itself. */
export interface PinnedExec {
  /** Absolute path of the program. */
  readonly path: string;
  /** SHA-256 of the program's bytes, in hexadecimal; looked at before each run. */
  readonly sha256: string;
  /** The exact arguments. */
  readonly args: readonly string[];
  /** The exact environment that the kubeconfig may ask for. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Headers of impersonation; each group is a header of its own. */
export interface Impersonation {
  readonly user: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** Which cluster a target is (kernel K14). The UID alone is no secret, and the URL alone no proof. */
export interface ClusterPin {
  /** `KubeConnection.server`, compared literally. */
  readonly url: string;
  /** SHA-256 of the SubjectPublicKeyInfo of the CA that the server's certificate leads to, in hexadecimal. */
  readonly caKeySha256: string;
  /** UID of namespace kube-system. */
  readonly kubeSystemUid: string;
  /** Name in the server's certificate, when the kubeconfig sets another than the URL's host. */
  readonly tlsServerName?: string;
}
