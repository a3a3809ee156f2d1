import {
  AUTHORIZER_TYPE,
  DECISION_TYPE,
  GROUP_CHECK_TYPE,
  type Implementation,
  type LibraryFunction,
  PATH_CHECK_TYPE,
  RESOURCE_CHECK_TYPE,
} from "../declare.ts";
import type { CelType } from "../types.ts";
import { CelError, CelOpaque, type CelValue } from "../values.ts";

/** What an expression asks the authorizer: may the subject do this? (k8s.io/apiserver pkg/cel/library/authz.go) */
export interface AuthorizationQuestion {
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  readonly verb?: string;
}

export interface AuthorizationAnswer {
  readonly allowed: boolean;
  readonly reason: string;
  readonly error?: string;
}

/** Whoever knows permissions; undefined: not known. */
export type AskAuthorizer = (question: AuthorizationQuestion) => AuthorizationAnswer | undefined;

interface State {
  readonly ask: AskAuthorizer;
  readonly question: AuthorizationQuestion;
}

/** The value of the variable `authorizer`. */
export function authorizerValue(ask: AskAuthorizer, question: AuthorizationQuestion = {}): CelOpaque {
  return value(AUTHORIZER_TYPE, { ask, question });
}

/** The value of `authorizer.requestResource`. */
export function resourceCheckValue(ask: AskAuthorizer, question: AuthorizationQuestion): CelOpaque {
  return value(RESOURCE_CHECK_TYPE, { ask, question });
}

function value(type: CelType, state: State): CelOpaque {
  return new CelOpaque(type, JSON.stringify(state.question), state);
}

function stateOf(from: CelValue): State {
  return (from as CelOpaque).data as State;
}

function asking(type: CelType, add: (text: string, second: string) => AuthorizationQuestion): Implementation {
  return (from, text, second) => {
    const { ask, question } = stateOf(from);
    return value(type, { ask, question: { ...question, ...add(text as string, (second ?? "") as string) } });
  };
}

const check: Implementation = (from, verb) => {
  const { ask, question } = stateOf(from);
  const answer = ask({ ...question, verb: verb as string });
  return answer === undefined
    ? new CelError("what the authorizer decides is not known here", true)
    : new CelOpaque(DECISION_TYPE, JSON.stringify(answer), answer);
};

function decided(read: (answer: AuthorizationAnswer) => CelValue): Implementation {
  return (from) => read((from as CelOpaque).data as AuthorizationAnswer);
}

const question = (type: CelType, key: keyof AuthorizationQuestion): Implementation =>
  asking(type, (text) => ({ [key]: text }));

export const authorizerFunctions: readonly LibraryFunction[] = [
  {
    name: "path",
    since: 27,
    overloads: [["authorizer_path", ".(Authorizer, string) PathCheck", pathCheck()]],
  },
  {
    name: "group",
    since: 27,
    overloads: [
      ["authorizer_group", ".(Authorizer, string) GroupCheck", question(GROUP_CHECK_TYPE, "group")],
    ],
  },
  {
    name: "serviceAccount",
    since: 27,
    overloads: [
      [
        "authorizer_serviceaccount",
        ".(Authorizer, string, string) Authorizer",
        asking(AUTHORIZER_TYPE, (namespace, name) => ({ serviceAccount: { namespace, name } })),
      ],
    ],
  },
  {
    name: "resource",
    since: 27,
    overloads: [
      [
        "groupcheck_resource",
        ".(GroupCheck, string) ResourceCheck",
        question(RESOURCE_CHECK_TYPE, "resource"),
      ],
    ],
  },
  {
    name: "subresource",
    since: 27,
    overloads: [
      [
        "resourcecheck_subresource",
        ".(ResourceCheck, string) ResourceCheck",
        question(RESOURCE_CHECK_TYPE, "subresource"),
      ],
    ],
  },
  {
    name: "namespace",
    since: 27,
    overloads: [
      [
        "resourcecheck_namespace",
        ".(ResourceCheck, string) ResourceCheck",
        question(RESOURCE_CHECK_TYPE, "namespace"),
      ],
    ],
  },
  {
    name: "name",
    since: 27,
    overloads: [
      ["resourcecheck_name", ".(ResourceCheck, string) ResourceCheck", question(RESOURCE_CHECK_TYPE, "name")],
    ],
  },
  {
    name: "fieldSelector",
    since: 31,
    overloads: [
      [
        "authorizer_fieldselector",
        ".(ResourceCheck, string) ResourceCheck",
        question(RESOURCE_CHECK_TYPE, "fieldSelector"),
      ],
    ],
  },
  {
    name: "labelSelector",
    since: 31,
    overloads: [
      [
        "authorizer_labelselector",
        ".(ResourceCheck, string) ResourceCheck",
        question(RESOURCE_CHECK_TYPE, "labelSelector"),
      ],
    ],
  },
  {
    name: "check",
    since: 27,
    overloads: [
      ["pathcheck_check", ".(PathCheck, string) Decision", check],
      ["resourcecheck_check", ".(ResourceCheck, string) Decision", check],
    ],
  },
  {
    name: "errored",
    since: 28,
    overloads: [["decision_errored", ".(Decision) bool", decided((answer) => answer.error !== undefined)]],
  },
  {
    name: "error",
    since: 28,
    overloads: [["decision_error", ".(Decision) string", decided((answer) => answer.error ?? "")]],
  },
  {
    name: "allowed",
    since: 27,
    overloads: [["decision_allowed", ".(Decision) bool", decided((answer) => answer.allowed)]],
  },
  {
    name: "reason",
    since: 27,
    overloads: [["decision_reason", ".(Decision) string", decided((answer) => answer.reason)]],
  },
];

function pathCheck(): Implementation {
  const ask = question(PATH_CHECK_TYPE, "path");
  return (from, path, c, d) => (path === "" ? new CelError("path must not be empty") : ask(from, path, c, d));
}
