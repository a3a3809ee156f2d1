/**
 * The text that the kubelet expands to `text`. It expands `$(NAME)` and `$$` in env values, command, args and exec probes
 * (k8s.io/kubernetes/third_party/forked/golang/expansion); Compose does neither. Only what would be taken is escaped.
 */
export function escapeExpansion(text: string): string {
  return text.replaceAll(/\$(?=[$(])/g, "$$$$");
}
