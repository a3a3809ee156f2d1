import { isArray, isObject, type Json, type JsonObject, valueAt } from "../../../../kube/json.ts";
import type { Transport } from "../transport.ts";

/** One request, as an authorizer sees it. */
export interface AccessQuestion {
  readonly verb: string;
  readonly group: string;
  readonly version?: string;
  /** Name in URLs: `deployments`. */
  readonly resource: string;
  readonly subresource?: string;
  /** Empty for cluster-scoped resources, and for all namespaces. */
  readonly namespace: string;
  /** Empty for all objects. */
  readonly name: string;
}

/** `allowed` false and `denied` false: no authorizer allows it. An unknown resource is simply not allowed (measured). */
export interface AccessAnswer {
  readonly allowed: boolean;
  readonly denied: boolean;
  /** The authorizer could not evaluate everything: a no may be wrong. */
  readonly incomplete: boolean;
}

/** Who the credentials are, as the API server sees it. */
export interface UserInfo {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

export async function askAccess(transport: Transport, question: AccessQuestion): Promise<AccessAnswer> {
  const { body } = await transport.send({
    method: "POST",
    path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    review: {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: attributesOf(question) },
    },
  });
  return readAnswer(body);
}

function attributesOf(question: AccessQuestion): JsonObject {
  return {
    verb: question.verb,
    group: question.group,
    resource: question.resource,
    ...(question.version !== undefined && { version: question.version }),
    ...(question.subresource !== undefined &&
      question.subresource !== "" && { subresource: question.subresource }),
    ...(question.namespace !== "" && { namespace: question.namespace }),
    ...(question.name !== "" && { name: question.name }),
  };
}

function readAnswer(body: Json | undefined): AccessAnswer {
  const status = valueAt(body, ["status"]);
  const flag = (name: string): boolean => isObject(status) && status[name] === true;
  const fault = isObject(status) ? status["evaluationError"] : undefined;
  return {
    allowed: flag("allowed"),
    denied: flag("denied"),
    incomplete: typeof fault === "string" && fault !== "",
  };
}

/** What a review is about: a resource, or a path. */
export type ReviewAttributes =
  | ({ readonly kind: "resource" } & AccessQuestion)
  | { readonly kind: "url"; readonly verb: string; readonly path: string };

/** A SubjectAccessReview: what every authorizer of the server makes of somebody's request. */
export async function askAbout(
  transport: Transport,
  who: { readonly user: string; readonly groups: readonly string[] },
  attributes: ReviewAttributes,
): Promise<AccessAnswer> {
  const about: JsonObject =
    attributes.kind === "url"
      ? { nonResourceAttributes: { verb: attributes.verb, path: attributes.path } }
      : { resourceAttributes: attributesOf(attributes) };
  const { body } = await transport.send({
    method: "POST",
    path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
    review: {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: { ...(who.user !== "" && { user: who.user }), groups: who.groups, ...about },
    },
  });
  return readAnswer(body);
}

export async function askSelf(transport: Transport): Promise<UserInfo> {
  const { body } = await transport.send({
    method: "POST",
    path: "/apis/authentication.k8s.io/v1/selfsubjectreviews",
    review: { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" },
  });
  const user = valueAt(body, ["status", "userInfo"]);
  const text = (name: string): string => {
    const value = isObject(user) ? user[name] : undefined;
    return typeof value === "string" ? value : "";
  };
  const extra = isObject(user) && isObject(user["extra"]) ? user["extra"] : {};
  return {
    username: text("username"),
    uid: text("uid"),
    groups: texts(isObject(user) ? user["groups"] : undefined),
    extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, texts(values)])),
  };
}

function texts(value: Json | undefined): readonly string[] {
  return isArray(value) ? value.filter((each) => typeof each === "string") : [];
}
