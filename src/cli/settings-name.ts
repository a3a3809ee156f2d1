/** The settings of the checks of a repository, in its working folder. */
export const SETTINGS_NAME = "kubeops.yaml";
