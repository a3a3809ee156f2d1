/** The annotation in which kubectl's client-side apply keeps the object that it was last given. */
export const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
