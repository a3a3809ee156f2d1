import { notLabel, notSubdomain } from "./texts.ts";

/** Why a text is no name of a signer, `example.com/name` (core ValidateSignerName); undefined when it is one. */
export function notSignerName(name: string): string | undefined {
  const [domain = "", path = "", ...rest] = name.split("/");
  if (!name.includes("/") || rest.length > 0)
    return "it must be a domain and a name, as in example.com/signer";
  const labels = domain.split(".");
  if (domain.length > 253 || labels.length < 2 || labels.some((part) => notLabel(part) !== undefined))
    return "the part before '/' must be a domain of at least two parts";
  return path.split(".").some((part) => notSubdomain(part) !== undefined)
    ? "the part after '/' must be of lower-case letters, digits, '-' and '.'"
    : undefined;
}
