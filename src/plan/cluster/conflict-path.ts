/** A path as the server writes it, in our form: `.spec.containers[name="c"].image`. Values of sets are left out (kernel K17). */
export function conflictPath(path: string): string {
  return path
    .replace(/^\./u, "")
    .replace(/\[=(?:"(?:[^"\\]|\\.)*"|[^\]]*)\]/gu, "[=?]")
    .replace(/="([^\s,[\]{}="\\]+)"/gu, "=$1");
}
