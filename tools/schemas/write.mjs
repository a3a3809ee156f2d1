// The bundle as modules of text: a line a definition, parsed when somebody asks for it.

function head(what, modules) {
  const versions = modules.map((module) => `v0.${module.version.slice(2)}`).join(", ");
  return `// Made by tools/generate-schemas.mjs from k8s.io/api and the other modules of Kubernetes ${versions} (types.go, pkg/features): ${what}.\n`;
}

/** A literal in single quotes: the JSON in it needs next to no escapes. */
function literal(text) {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n")}'`;
}

export function bundleFile({ definitions, enums, roots, components, gates }, modules) {
  const used = new Set();
  const rows = definitions.map((definition) => {
    const fields = [];
    for (const name of [...definition.rows.keys()].sort()) {
      for (const [text, mask] of definition.rows.get(name)) {
        const [type, attributes] = JSON.parse(text);
        for (const gate of attributes.g ?? []) used.add(gate);
        const row = [name, type];
        const whole = mask === definition.minors;
        if (!whole || Object.keys(attributes).length > 0) row.push(whole ? 0 : mask);
        if (Object.keys(attributes).length > 0) row.push(attributes);
        fields.push(row);
      }
    }
    return JSON.stringify([definition.name, ...fields]);
  });
  const gateTable = Object.fromEntries(
    [...used]
      .sort()
      .filter((gate) => gates.has(gate))
      .map((gate) => [gate, [gates.get(gate).on, gates.get(gate).known]]),
  );
  const enumRows = enums.map(({ name, values }) => JSON.stringify([name, ...values]));
  const sorted = (map) =>
    JSON.stringify(Object.fromEntries([...map].sort(([left], [right]) => (left < right ? -1 : 1))));
  return `${head("types of objects and of component files", modules)}/** group/version/kind to definition: what the API server serves. */
export const kinds: Readonly<Record<string, number>> = ${sorted(roots)};
/** group/version/kind to definition: files that components read at their start. */
export const componentKinds: Readonly<Record<string, number>> = ${sorted(components)};
/** Feature gates that fields belong to: bit masks (bit 0 = 1.${modules[0].minor}) of the minors that have them on, and that know them. */
export const gates: Readonly<Record<string, readonly [number, number]>> = ${JSON.stringify(gateTable)};
/** Go name, then pairs of value and mask of minors, as JSON; read when it is asked for. */
export const enums: readonly string[] = [
${enumRows.map(literal).join(",\n")},
];
/** Go name, then fields as [name, type, mask of minors or 0, attributes], as JSON; read when it is asked for. */
export const definitions: readonly string[] = [
${rows.map(literal).join(",\n")},
];
`;
}

export function descriptionFile({ definitions }, modules) {
  const rows = definitions.map(({ docs }) =>
    JSON.stringify(
      Object.fromEntries(
        Object.entries(docs)
          .filter(([, text]) => text !== "")
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      ),
    ),
  );
  return `${head("what the fields are for", modules)}/** For each definition of schemas.generated.ts its fields' descriptions, its own under "", as JSON. */
export const descriptions: readonly string[] = [
${rows.map(literal).join(",\n")},
];
`;
}
