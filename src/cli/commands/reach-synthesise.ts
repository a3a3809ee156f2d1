import { resolve } from "node:path";
import {
  readFlows,
  type Synthesis,
  synthesisePolicies,
} from "../../analysis/network/synthesis/synthesise.ts";
import { Names } from "../../analysis/network/render/names.ts";
import { ipTexts } from "../../analysis/network/sets/ip-set.ts";
import { writeAtomically } from "../../apply/files/atomic-write.ts";
import { ExitCode } from "../../kube/error-table.ts";
import type { JsonObject } from "../../kube/json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable, printableRest } from "../../kube/printable.ts";
import { emitYaml } from "../../kube/yaml/emit-yaml.ts";
import type { CliContext } from "../context.ts";
import type { ReachFlags } from "./reach-flags.ts";
import { oneFile } from "./reach-inputs.ts";

/** The least policies for what the workloads declare; exit code 1 where the engine does not find them exact. */
export function synthesise(context: CliContext, flags: ReachFlags, objects: readonly JsonObject[]): number {
  const wanted =
    flags.flows === undefined
      ? []
      : oneFile(context, flags.flows).flatMap((document) =>
          document.value === null ? [] : readFlows(document.value),
        );
  const made = synthesisePolicies(objects, wanted);
  if (made.net.workloads.length === 0)
    throw new OpsError("INPUT_EMPTY", "there is no workload in the input", {
      hint: "name the folder that holds them with -f",
    });
  const text =
    flags.output === "json"
      ? `${JSON.stringify(synthesisJson(made))}\n`
      : made.policies.map((policy) => `---\n${emitYaml(policy)}`).join("");
  if (flags.out === undefined) context.process.stdout.write(text);
  else writeAtomically(resolve(context.cwd, flags.out), text);
  const { stderr } = context.process;
  if (!flags.quiet) {
    stderr.write(`${made.policies.length} policies for ${made.flows.length} wanted flows\n`);
    stderr.write(
      made.differences.length === 0
        ? "proved: they allow exactly these flows, and DNS\n"
        : `NOT exact:\n${made.differences.map((line) => `  ${printableRest(line)}\n`).join("")}`,
    );
    for (const note of made.notes) stderr.write(`note: ${printableRest(note)}\n`);
    if (flags.out !== undefined) stderr.write(`wrote ${printable(flags.out)}\n`);
  }
  return made.differences.length === 0 ? ExitCode.done : ExitCode.no;
}

function synthesisJson({ net, flows, policies, differences, notes }: Synthesis): unknown {
  const names = new Names(net.workloads);
  return {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "SynthesisedPolicies",
    flows: flows.map(({ from, to, ports, evidence }) => ({
      from: typeof from === "number" ? names.of(from) : from,
      to: typeof to === "number" ? names.of(to) : ipTexts(to).join(", "),
      ports: net.space.text(ports),
      evidence,
    })),
    policies,
    exact: differences.length === 0,
    differences,
    notes,
  };
}
