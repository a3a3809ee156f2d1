import { expandable, wordCredentials } from "../../../analysis/checks/secrets/command-credentials.ts";
import { type ServiceContext, variableFor } from "../context.ts";
import { isCredentialName } from "../../../analysis/checks/secrets/credentials.ts";
import { shellWords } from "../../../analysis/checks/secrets/shell-words.ts";
import { isNull, listOf, malformed, type Node, textOf } from "../tree/node.ts";

/** Values that must not stand in a text of this service: distinctive references, and what credential variables gave to the node. */
export function forbiddenValues(service: ServiceContext, nodes: readonly Node[]): readonly string[] {
  const values = new Set<string>();
  for (const node of nodes) {
    for (const variable of node.kind === "scalar" ? node.variables : []) {
      const value = isCredentialName(variable) ? service.project.lookup(variable) : undefined;
      if (value !== undefined && value !== "") values.add(value);
    }
  }
  for (const value of service.project.sensitive) values.add(value);
  return [...values].toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1));
}

/** `entrypoint` and `command`: Kubernetes calls them `command` and `args`. */
export function readCommand(service: ServiceContext, node: Node, kind: "command" | "args"): void {
  const { ledger } = service.project;
  if (isNull(node)) {
    ledger.mark(node, "used");
    return;
  }
  const items = node.kind === "list" ? listOf(node).items : [node];
  const split = node.kind === "list" ? { words: items.map(textOf), open: false } : shellWords(textOf(node));
  if (split.open) malformed(node, "has a quote or a backslash that is not closed");
  if (split.words.length === 0) {
    ledger.mark(
      node,
      "dropped",
      "Kubernetes cannot empty the command of an image: it takes the image's own instead",
    );
    return;
  }
  const what = kind === "command" ? "entrypoint" : "command";
  service.evidence.push({
    text: split.words.join(" "),
    reason: what,
    place: node.place,
    mayBeHost: false,
  });
  const spans = wordCredentials(split.words, forbiddenValues(service, items));
  const words = split.words.map((word, index) =>
    expandable(word, spans[index] ?? [], (value, hint) => variableFor(service, value, hint, node)),
  );
  service.draft[kind] = words;
  const reference = "a credential in it becomes a key of a Secret, put in by $(VARIABLE)";
  if (node.kind === "list") {
    for (const [index, item] of items.entries()) {
      if ((spans[index] ?? []).length > 0) ledger.mark(item, "reference", reference);
      else ledger.mark(item, "used");
    }
  } else if (spans.some((each) => each.length > 0)) ledger.mark(node, "reference", reference);
  else if ("stoppedAt" in split && split.stoppedAt !== undefined)
    ledger.mark(
      node,
      "changed",
      `no shell runs it: Compose cuts it off at ${split.stoppedAt}; write sh -c "…"`,
    );
  else ledger.mark(node, "used");
}
