import { sha256Hex } from "../../kube/digest.ts";
import { pathText } from "../../kube/json.ts";
import { identity } from "../../kube/object-key.ts";
import type { Finding } from "./finding.ts";

/** `:line:column` of a place inside a message. */
const position = /:[0-9]+:[0-9]+/g;

/**
 * A name for each finding that stays when lines move: SHA-256 over code, file, object and path; over the message without
 * its places where neither object nor path is known. Findings that are alike in all of them are counted, so that no two
 * of one report have the same name. No text of a source line goes in: the digest of a short secret could be guessed.
 */
export function fingerprints(sorted: readonly Finding[]): readonly string[] {
  const seen = new Map<string, number>();
  return sorted.map((finding) => {
    const base = JSON.stringify(subject(finding));
    const before = seen.get(base) ?? 0;
    seen.set(base, before + 1);
    return sha256Hex(before === 0 ? base : `${base}#${before}`);
  });
}

function subject(finding: Finding): readonly string[] {
  const { code, place, object, path, message } = finding;
  const parts = [code, place?.file ?? "", object === undefined ? "" : identity(object)];
  if (path !== undefined) return [...parts, pathText(path)];
  return object === undefined ? [...parts, "", message.replace(position, "")] : [...parts, ""];
}
