import { compileCel, type CompiledCel, isCompiled } from "../../../kube/cel/cel.ts";
import { walk } from "../../../kube/cel/ast.ts";
import type { CelType } from "../../../kube/cel/types.ts";
import { isArray, isObject, type Json, type JsonObject, type JsonPath, valueAt } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import type { ReadObject } from "../../../kube/read-object.ts";
import { policyEnvironment } from "./variables.ts";

/** An admission policy among the inputs, its expressions compiled. */
export interface Policy {
  readonly read: ReadObject;
  readonly name: string;
  readonly mutating: boolean;
  readonly failurePolicy: "Fail" | "Ignore";
  readonly constraints: JsonObject;
  readonly paramKind: JsonObject | undefined;
  readonly conditions: readonly Expression[];
  readonly variables: readonly NamedExpression[];
  readonly validations: readonly Validation[];
  readonly annotations: readonly Expression[];
  readonly mutations: readonly Mutation[];
  readonly faults: readonly ExpressionFault[];
}

export interface Expression {
  readonly source: string;
  readonly path: JsonPath;
  /** Absent: it does not compile. */
  readonly program: CompiledCel | undefined;
}

export interface NamedExpression extends Expression {
  readonly name: string;
}

export interface Validation extends Expression {
  readonly message: string;
  readonly messageExpression: Expression | undefined;
}

export interface Mutation extends Expression {
  readonly kind: "ApplyConfiguration" | "JSONPatch";
}

export interface ExpressionFault {
  readonly path: JsonPath;
  readonly message: string;
  /** Only where types are looked at closely: the server takes the policy all the same. */
  readonly doubtful?: true;
}

export interface Binding {
  readonly read: ReadObject;
  readonly name: string;
  readonly policyName: string;
  readonly paramRef: JsonObject | undefined;
  readonly matchResources: JsonObject | undefined;
  readonly actions: ReadonlySet<string>;
}

const GROUP = "admissionregistration.k8s.io";

function text(object: JsonObject, key: string): string {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return typeof value === "string" ? value : "";
}

function member(object: JsonObject, key: string): JsonObject | undefined {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return isObject(value) ? value : undefined;
}

function list(object: JsonObject, key: string): readonly JsonObject[] {
  const value: Json | undefined = Object.hasOwn(object, key) ? object[key] : undefined;
  return isArray(value) ? value.map((item) => (isObject(item) ? item : {})) : [];
}

export function isPolicyKind(read: ReadObject): boolean {
  return objectKey(read.object).group === GROUP;
}

/** Mutating policies are served from 1.34 on, where somebody switched them on, and from 1.36 on everywhere. */
export function policiesOf(
  reads: readonly ReadObject[],
  minor: number,
  typeOf?: (policy: JsonObject) => CelType | undefined,
): readonly Policy[] {
  return reads.flatMap((read) => {
    const { group, kind } = objectKey(read.object);
    if (group !== GROUP || (kind !== "ValidatingAdmissionPolicy" && kind !== "MutatingAdmissionPolicy"))
      return [];
    return [compiledPolicy(read, kind === "MutatingAdmissionPolicy", minor, typeOf)];
  });
}

export function bindingsOf(reads: readonly ReadObject[]): readonly Binding[] {
  return reads.flatMap((read) => {
    const { group, kind, name } = objectKey(read.object);
    if (group !== GROUP || !kind.endsWith("AdmissionPolicyBinding")) return [];
    const spec = member(read.object, "spec") ?? {};
    const actions = valueAt(spec, ["validationActions"]);
    return [
      {
        read,
        name,
        policyName: `${kind.replace("Binding", "")}/${text(spec, "policyName")}`,
        paramRef: member(spec, "paramRef"),
        matchResources: member(spec, "matchResources"),
        actions: new Set(isArray(actions) ? actions.filter((action) => typeof action === "string") : []),
      },
    ];
  });
}

function compiledPolicy(
  read: ReadObject,
  mutating: boolean,
  minor: number,
  typeOf: ((policy: JsonObject) => CelType | undefined) | undefined,
): Policy {
  const spec = member(read.object, "spec") ?? {};
  const paramKind = member(spec, "paramKind");
  const compiler = new PolicyCompiler({
    minor,
    params: paramKind !== undefined,
    mutating,
    object: typeOf?.(read.object),
  });
  const conditions = list(spec, "matchConditions").map((item, at) =>
    compiler.expression(
      text(item, "expression"),
      ["spec", "matchConditions", at, "expression"],
      "bool",
      true,
    ),
  );
  const variables = list(spec, "variables").map((item, at) => compiler.variable(item, at));
  const validations = list(spec, "validations").map((item, at) => compiler.validation(item, at));
  const annotations = list(spec, "auditAnnotations").map((item, at) =>
    compiler.expression(
      text(item, "valueExpression"),
      ["spec", "auditAnnotations", at, "valueExpression"],
      "text or null",
      true,
    ),
  );
  const mutations = list(spec, "mutations").map((item, at) => compiler.mutation(item, at));
  return {
    read,
    name: objectKey(read.object).name,
    mutating,
    failurePolicy: text(spec, "failurePolicy") === "Ignore" ? "Ignore" : "Fail",
    constraints: member(spec, "matchConstraints") ?? {},
    paramKind,
    conditions,
    variables,
    validations,
    annotations,
    mutations,
    faults: compiler.faults,
  };
}

type Wanted = "any" | "bool" | "text" | "text or null" | "object" | "patches";

const wants: Readonly<Record<Wanted, { readonly text: string; readonly fits: (type: CelType) => boolean }>> =
  {
    any: { text: "", fits: () => true },
    bool: { text: "bool", fits: (type) => type.kind === "bool" },
    text: { text: "string", fits: (type) => type.kind === "string" },
    "text or null": {
      text: "one of [string null_type]",
      fits: (type) => type.kind === "string" || type.kind === "null",
    },
    object: { text: "Object", fits: (type) => type.name === "Object" },
    patches: {
      text: "list(JSONPatch)",
      fits: (type) => type.kind === "list" && type.params[0]?.name === "JSONPatch",
    },
  };

interface CompilerOptions {
  readonly minor: number;
  readonly params: boolean;
  readonly mutating: boolean;
  readonly object: CelType | undefined;
}

class PolicyCompiler {
  readonly faults: ExpressionFault[] = [];
  readonly #options: CompilerOptions;
  readonly #types = new Map<string, CelType>();
  readonly #closeTypes = new Map<string, CelType>();

  constructor(options: CompilerOptions) {
    this.#options = options;
  }

  expression(source: string, path: JsonPath, wanted: Wanted, authorizer: boolean): Expression {
    const { minor, params, mutating } = this.#options;
    const environment = policyEnvironment({ minor, params, authorizer, mutating, variables: this.#types });
    const compiled = compileCel(source, environment);
    if (!isCompiled(compiled)) {
      this.faults.push({ path, message: `compilation failed: ${compiled.text}` });
      return { source, path, program: undefined };
    }
    const want = wants[wanted];
    if (!want.fits(compiled.result)) {
      this.faults.push({ path, message: `must evaluate to ${want.text} but got ${compiled.result.name}` });
      return { source, path, program: undefined };
    }
    this.#closer(source, path, authorizer);
    return { source, path, program: compiled };
  }

  /** The same with the type of the objects known, as the server does after it took the policy. */
  #closer(source: string, path: JsonPath, authorizer: boolean): CelType | undefined {
    const { minor, params, mutating, object } = this.#options;
    if (object === undefined) return undefined;
    const environment = policyEnvironment({
      minor,
      params,
      authorizer,
      mutating,
      variables: this.#closeTypes,
      object,
    });
    const compiled = compileCel(source, environment);
    if (isCompiled(compiled)) return compiled.result;
    if (!this.faults.some((fault) => fault.path === path))
      this.faults.push({ path, message: compiled.text, doubtful: true });
    return undefined;
  }

  variable(item: JsonObject, at: number): NamedExpression {
    const name = text(item, "name");
    const path = ["spec", "variables", at, "expression"];
    const made = this.expression(text(item, "expression"), path, "any", true);
    const dyn: CelType = { kind: "dyn", name: "dyn", params: [] };
    this.#types.set(name, made.program?.result ?? dyn);
    const close =
      this.#options.object === undefined ? undefined : this.#closer(text(item, "expression"), path, true);
    this.#closeTypes.set(name, close ?? dyn);
    return { ...made, name };
  }

  validation(item: JsonObject, at: number): Validation {
    const path = ["spec", "validations", at];
    const made = this.expression(text(item, "expression"), [...path, "expression"], "bool", true);
    const message = text(item, "messageExpression");
    return {
      ...made,
      message: text(item, "message"),
      messageExpression:
        message === "" ? undefined : this.expression(message, [...path, "messageExpression"], "text", false),
    };
  }

  mutation(item: JsonObject, at: number): Mutation {
    const kind = text(item, "patchType") === "JSONPatch" ? "JSONPatch" : "ApplyConfiguration";
    const field = kind === "JSONPatch" ? "jsonPatch" : "applyConfiguration";
    const source = text(member(item, field) ?? {}, "expression");
    const path = ["spec", "mutations", at, field, "expression"];
    const made = this.expression(source, path, kind === "JSONPatch" ? "patches" : "object", true);
    return { ...made, kind };
  }
}

/** Does an expression name a variable? */
export function mentions({ program }: Expression, name: string): boolean {
  let found = false;
  if (program !== undefined)
    walk(program.checked.expr, (part) => {
      found ||= part.kind === "ident" && part.name.replace(/^\./, "") === name;
    });
  return found;
}
