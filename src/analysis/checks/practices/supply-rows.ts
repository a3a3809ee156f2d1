import { pullPolicyOf } from "../../../kube/defaults/pods.ts";
import { containerExample, inContainer, none } from "./helpers.ts";
import { parseImage } from "./image-reference.ts";
import type { PracticeRow, Profile } from "./practice.ts";
import { textAt } from "./subjects.ts";

const everywhere: readonly Profile[] = ["default", "baseline", "restricted", "production", "nsa", "cis"];
const digest = `sha256:${"0".repeat(64)}`;

/** Where images come from, and whether they stay what they were. */
export const supplyRows: readonly PracticeRow[] = [
  {
    id: "supply-chain/moving-tag",
    severity: "warning",
    profiles: everywhere,
    title: "Images have a version",
    why: "latest, or no tag at all, is another image every day: nobody knows what runs, and no rollback leads back.",
    fix: "name a version, better a digest",
    source: "https://kubernetes.io/docs/concepts/containers/images/#image-names",
    same: [
      "kube-linter:latest-tag",
      "kube-score:container-image-tag",
      "polaris:tagNotSpecified",
      "trivy:KSV-0013",
      "checkov:CKV_K8S_14",
      "kubescape:C-0075",
      "marvin:M-400",
      "kyverno:disallow-latest-tag",
      "kubeaudit:image",
    ],
    frameworks: ["NSA image versions"],
    positive: containerExample("image: nginx:latest"),
    negative: containerExample("image: nginx:1.27"),
    container: (subject) => {
      const image = textAt(subject.container, "image");
      const parsed = image === undefined ? undefined : parseImage(image);
      if (parsed === undefined || parsed.digest !== undefined) return none;
      if (parsed.tag === undefined) return inContainer(subject, "has an image without a tag", "image");
      return parsed.tag === "latest"
        ? inContainer(subject, "has an image with the tag latest", "image")
        : none;
    },
  },
  {
    id: "supply-chain/no-digest",
    severity: "info",
    profiles: ["production", "nsa"],
    title: "Images are named by digest",
    why: "A tag can be moved to another image by whoever can push to the registry.",
    fix: "add the digest: name:tag@sha256:DIGEST",
    source: "https://kubernetes.io/docs/concepts/containers/images/#image-names",
    same: ["checkov:CKV_K8S_43", "kubescape:C-0306", "gatekeeper:imagedigests"],
    frameworks: ["MITRE T1525"],
    positive: containerExample("image: nginx:1.27"),
    negative: containerExample(`image: 'nginx:1.27@${digest}'`),
    container: (subject) => {
      const image = textAt(subject.container, "image");
      const parsed = image === undefined ? undefined : parseImage(image);
      return parsed === undefined || parsed.digest !== undefined
        ? none
        : inContainer(subject, "names its image without a digest", "image");
    },
  },
  {
    id: "supply-chain/pull-policy",
    severity: "info",
    profiles: ["cis"],
    title: "Images are pulled anew, so that the registry decides who may have them",
    why: "An image that lies on the node runs without its credentials being asked.",
    fix: "set imagePullPolicy: Always",
    source: "https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#alwayspullimages",
    same: [
      "kube-score:container-image-pull-policy",
      "polaris:pullPolicyNotAlways",
      "checkov:CKV_K8S_15",
      "kubescape:C-0075",
    ],
    frameworks: ["CIS 1.2.11"],
    positive: containerExample("image: nginx:1.27"),
    negative: containerExample("image: nginx:1.27, imagePullPolicy: Always"),
    container: (subject) => {
      const image = textAt(subject.container, "image");
      const parsed = image === undefined ? undefined : parseImage(image);
      if (parsed === undefined || parsed.digest !== undefined) return none;
      const policy = textAt(subject.container, "imagePullPolicy") ?? pullPolicyOf(image);
      return policy === "Always"
        ? none
        : inContainer(subject, "does not pull its image anew", "imagePullPolicy");
    },
  },
];
