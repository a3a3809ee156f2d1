import { readFileSync, statSync } from "node:fs";
import { OpsError } from "../../kube/ops-error.ts";
import { below, isLoopback, modelEndpoint } from "./endpoint.ts";
import type { ModelPort } from "./model-port.ts";
import { anthropic } from "./providers/anthropic.ts";
import { openAiCompatible } from "./providers/openai-compatible.ts";

export type ProviderName = "anthropic" | "openai-compatible";
export const providerNames: readonly ProviderName[] = ["anthropic", "openai-compatible"];

export interface ProviderChoice {
  readonly provider?: ProviderName;
  readonly model?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What does the same without a model. */
  readonly without: string;
}

/** The model that is asked where the operator names none. */
const ANTHROPIC_MODEL = "claude-sonnet-5-5";
/** Nothing for so long: the answer is taken for lost. */
const IDLE_MILLISECONDS = 120_000;

/**
 * The provider that the operator set, by flags and environment alone: never by a file of the project, never by an answer.
 * @throws {OpsError} MODEL_MISSING, MODEL_CONFIG; no message holds a key or a part of one
 */
export function modelPort(choice: ProviderChoice): ModelPort {
  const provider = choice.provider ?? theOneThatIsSet(choice);
  const model = choice.model ?? given(choice, "KUBEOPS_MODEL");
  if (model !== undefined && !/^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$/u.test(model)) {
    throw new OpsError("MODEL_CONFIG", "the name of the model is none: letters, digits, and . _ : / @ -");
  }
  return provider === "anthropic" ? anthropicPort(choice, model) : openAiPort(choice, model);
}

const marks: Readonly<Record<ProviderName, readonly string[]>> = {
  anthropic: ["ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY_FILE"],
  "openai-compatible": [
    "OPENAI_API_KEY",
    "OPENAI_API_KEY_FILE",
    "OPENAI_BASE_URL",
    "AZURE_OPENAI_API_KEY",
    "AZURE_OPENAI_API_KEY_FILE",
    "AZURE_OPENAI_ENDPOINT",
  ],
};

function theOneThatIsSet(choice: ProviderChoice): ProviderName {
  const set = providerNames.filter((name) =>
    marks[name].some((variable) => given(choice, variable) !== undefined),
  );
  const [only] = set;
  if (only === undefined) {
    throw new OpsError("MODEL_MISSING", "no model is set, and ask needs one", {
      hint: `set ANTHROPIC_API_KEY, or OPENAI_API_KEY, or OPENAI_BASE_URL for a model on this machine; without a model: ${choice.without}`,
    });
  }
  if (set.length > 1) {
    throw new OpsError("MODEL_CONFIG", `the environment names two providers: ${set.join(" and ")}`, {
      hint: "--provider says which one is asked",
    });
  }
  return only;
}

function given(choice: ProviderChoice, variable: string): string | undefined {
  const value = choice.environment[variable];
  return value === undefined || value === "" ? undefined : value;
}

function anthropicPort(choice: ProviderChoice, model: string = ANTHROPIC_MODEL): ModelPort {
  const base = modelEndpoint(
    given(choice, "ANTHROPIC_BASE_URL") ?? "https://api.anthropic.com",
    "ANTHROPIC_BASE_URL",
  );
  const key = keyOf(choice, "ANTHROPIC_API_KEY");
  if (key === undefined) throw missingKey(choice, "ANTHROPIC_API_KEY");
  return anthropic({ base, model, key, idleMilliseconds: IDLE_MILLISECONDS });
}

function openAiPort(choice: ProviderChoice, model: string | undefined): ModelPort {
  if (model === undefined) {
    throw new OpsError("MODEL_CONFIG", "openai-compatible has no model of its own", {
      hint: "name one with --model or KUBEOPS_MODEL",
    });
  }
  const idle = { model, idleMilliseconds: IDLE_MILLISECONDS };
  const azure = given(choice, "AZURE_OPENAI_ENDPOINT");
  if (azure !== undefined) {
    const key = keyOf(choice, "AZURE_OPENAI_API_KEY");
    if (key === undefined) throw missingKey(choice, "AZURE_OPENAI_API_KEY");
    const version = given(choice, "OPENAI_API_VERSION");
    if (version === undefined || !/^[0-9A-Za-z-]{1,32}$/u.test(version)) {
      throw new OpsError("MODEL_CONFIG", "AZURE_OPENAI_ENDPOINT needs a version of the API", {
        hint: "set OPENAI_API_VERSION, such as 2024-10-21",
      });
    }
    const base = below(
      modelEndpoint(azure, "AZURE_OPENAI_ENDPOINT"),
      `openai/deployments/${encodeURIComponent(model)}`,
    );
    return openAiCompatible({ base, key, azureApiVersion: version, ...idle });
  }
  const base = modelEndpoint(
    given(choice, "OPENAI_BASE_URL") ?? "https://api.openai.com/v1",
    "OPENAI_BASE_URL",
  );
  const key = keyOf(choice, "OPENAI_API_KEY");
  if (key === undefined && !isLoopback(base.hostname)) throw missingKey(choice, "OPENAI_API_KEY");
  return openAiCompatible({ base, ...(key === undefined ? {} : { key }), ...idle });
}

function missingKey(choice: ProviderChoice, variable: string): OpsError {
  return new OpsError("MODEL_MISSING", `${variable} is not set`, {
    hint: `set it, or ${variable}_FILE to a file that only you can read; without a model: ${choice.without}`,
  });
}

/** A key from the environment, or from a file that is the user's alone. */
function keyOf(choice: ProviderChoice, variable: string): string | undefined {
  const file = given(choice, `${variable}_FILE`);
  const text = given(choice, variable) ?? (file === undefined ? undefined : readPrivate(file, variable));
  if (text === undefined) return undefined;
  const key = text.trim();
  // It goes into a header: what is no printable ASCII would be refused there with the whole text in the error.
  if (!/^[!-~]{1,1024}$/u.test(key)) {
    throw new OpsError(
      "MODEL_CONFIG",
      `${variable} is no key: it is empty, or holds blanks or other characters`,
    );
  }
  return key;
}

function readPrivate(file: string, variable: string): string {
  try {
    const { mode, size } = statSync(file);
    if ((mode & 0o077) !== 0) {
      throw new OpsError("MODEL_CONFIG", `the file that ${variable}_FILE names can be read by others`, {
        hint: "chmod 600 it",
      });
    }
    if (size > 4096)
      throw new OpsError("MODEL_CONFIG", `the file that ${variable}_FILE names is too large for a key`);
    return readFileSync(file, "utf8");
  } catch (cause) {
    if (OpsError.is(cause)) throw cause;
    throw new OpsError("MODEL_CONFIG", `the file that ${variable}_FILE names cannot be read`, { cause });
  }
}
