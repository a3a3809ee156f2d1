/** What `kubeops can` was asked with. */
export interface CanFlags {
  readonly list: boolean;
  readonly who: boolean;
  readonly paths: boolean;
  readonly to?: string;
  readonly diff: boolean;
  readonly atoms: boolean;
  readonly least: boolean;
  readonly subject?: string;
  readonly name?: string;
  readonly denied: boolean;
  readonly anyName: boolean;
  readonly filename?: readonly string[];
  readonly namespace?: string;
  readonly allNamespaces: boolean;
  readonly subresource?: string;
  readonly asGroup?: readonly string[];
  readonly builtin: boolean;
  readonly kubeVersion?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly verify: boolean;
  readonly output: "text" | "json";
  readonly color: "auto" | "always" | "never";
  readonly quiet: boolean;
}
