import { buildCommand, buildRouteMap, type Command, type RouteMap } from "@stricli/core";
import type { CliContext } from "../context.ts";
import {
  clusterAccessFlags,
  colorFlag,
  gitCaFlag,
  gitCredentialsFlag,
  outputFlag,
  switchFlag,
  text,
  textFlag,
  textsFlag,
  trustRootFlag,
} from "../flags.ts";
import type { CharterInventoryFlags } from "./charter-inventory.impl.ts";
import type { CharterPinFlags } from "./charter-pin.impl.ts";
import type { CharterInitFlags, CharterSignFlags, CharterShowFlags } from "./charter.impl.ts";

const initCommand: Command<CliContext> = buildCommand<CharterInitFlags, [], CliContext>({
  loader: async () => (await import("./charter.impl.ts")).charterInit,
  parameters: {
    flags: {
      name: {
        kind: "parsed",
        parse: text,
        default: "default",
        placeholder: "name",
        brief: "Name of the charter",
      },
      owner: {
        kind: "parsed",
        parse: text,
        placeholder: "file",
        brief: "Public SSH key of the owner: only its signature makes a charter",
      },
      principal: textFlag("name", "The owner's name as an approver (default: the user's name)"),
      target: textFlag("target", "First target: git:<path or https URL>[@branch]#folder"),
      namespace: textsFlag("name", "Namespace that may be changed; may be given again"),
      gitCredentials: gitCredentialsFlag,
      gitCa: gitCaFlag,
      reconciler: {
        kind: "enum",
        values: ["none", "keeping", "pruning"],
        default: "pruning",
        brief:
          "What follows the repository: nothing, a controller that keeps objects whose files go, or one that deletes them",
      },
      softwareKeys: switchFlag("Keys without proof of a person's presence may approve for this target"),
      trustRoot: trustRootFlag,
      output: outputFlag,
      color: colorFlag,
    },
    aliases: { n: "namespace", o: "output" },
  },
  docs: {
    brief: "Write a first charter and pin its owner's key",
    fullDescription: "Nothing that exists is overwritten. The charter counts when its owner has signed it.",
  },
});

const signCommand: Command<CliContext> = buildCommand<CharterSignFlags, [], CliContext>({
  loader: async () => (await import("./charter.impl.ts")).charterSign,
  parameters: {
    flags: {
      key: { kind: "parsed", parse: text, placeholder: "file", brief: "The owner's SSH key" },
      trustRoot: trustRootFlag,
      output: outputFlag,
      color: colorFlag,
    },
    aliases: { o: "output" },
  },
  docs: { brief: "Sign the charter in the trust root with its owner's key" },
});

const showParameters = {
  flags: { trustRoot: trustRootFlag, output: outputFlag, color: colorFlag },
  aliases: { o: "output" },
} as const;

const showCommand: Command<CliContext> = buildCommand<CharterShowFlags, [], CliContext>({
  loader: async () => (await import("./charter.impl.ts")).charterShow,
  parameters: showParameters,
  docs: { brief: "Show what the charter allows, and where it lies" },
});

const verifyCommand: Command<CliContext> = buildCommand<CharterShowFlags, [], CliContext>({
  loader: async () => (await import("./charter.impl.ts")).charterVerify,
  parameters: showParameters,
  docs: { brief: "Verify the charter's signature, owner and serial" },
});

const pinCommand: Command<CliContext> = buildCommand<CharterPinFlags, [], CliContext>({
  loader: async () => (await import("./charter-pin.impl.ts")).charterPin,
  parameters: {
    flags: {
      name: {
        kind: "parsed",
        parse: text,
        placeholder: "name",
        brief: "Name of the target: cluster:<name> in plans",
      },
      inventory: {
        kind: "parsed",
        parse: text,
        default: "kubeops",
        placeholder: "namespace",
        brief: "Namespace for the inventory and the marks of used approvals; it must exist",
      },
      softwareKeys: switchFlag("Keys without proof of a person's presence may approve for this target"),
      ...clusterAccessFlags,
      trustRoot: trustRootFlag,
      output: outputFlag,
      color: colorFlag,
    },
    aliases: { o: "output" },
  },
  docs: {
    brief: "Pin a cluster: read its address, CA key and identity, and write them into the charter",
    fullDescription: "Shows what it pins. The charter counts again when its owner has signed it.",
  },
});

const inventoryCommand: Command<CliContext> = buildCommand<CharterInventoryFlags, [string], CliContext>({
  loader: async () => (await import("./charter-inventory.impl.ts")).charterInventory,
  parameters: {
    flags: { trustRoot: trustRootFlag, output: outputFlag, color: colorFlag },
    aliases: { o: "output" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Name of the pinned cluster", parse: text, placeholder: "name" }],
    },
  },
  docs: {
    brief: "Print what a cluster's owner creates once: the inventory's namespace and its ApplySet parent",
    fullDescription:
      "Objects for kubectl apply -f -. The parent tells kubectl and other tools which objects are ours and where they may be; no plan writes it.",
  },
});

export const charterRoutes: RouteMap<CliContext> = buildRouteMap<string, CliContext>({
  routes: {
    init: initCommand,
    pin: pinCommand,
    sign: signCommand,
    show: showCommand,
    verify: verifyCommand,
    inventory: inventoryCommand,
  },
  docs: { brief: "What may ever be done: declared by the operator, signed by its owner" },
});
