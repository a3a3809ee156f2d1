import type { KnownImage } from "../../images/known-image.ts";
import { assumed } from "../../images/match-image.ts";
import type { WorkloadIntent } from "../../intent/intent.ts";
import type { Ledger } from "../ledger.ts";
import type { ResolvedUser } from "../workload.ts";

/**
 * The user of a container whose image and input name none. Above 10000, so that it is nobody's on the node
 * (Trivy KSV-0020, KSV-0021; Checkov CKV_K8S_40).
 */
export const DEFAULT_UID = 10001;

/** Largest user and group id (validation.IsValidUserID). */
const MAX_ID = 2 ** 31 - 1;

/** Names that mean the same number in every image of the large distributions. */
const everywhere: ReadonlyMap<string, number> = new Map([
  ["root", 0],
  ["nobody", 65534],
]);

/** Decides which user the container runs as. Root only where the input asks for it by name or number. */
export function resolveUser(
  workload: WorkloadIntent,
  known: KnownImage | undefined,
  ledger: Ledger,
): ResolvedUser {
  const { name, user } = workload;
  for (const id of [user?.uid, user?.gid])
    if (id !== undefined && validId(id) === undefined)
      ledger.note("security/invalid-user", name, `${id} is no id of a user or group: it is not used.`);
  const gid = validId(user?.gid);
  const asked = askedUid(workload, known);
  if (asked === undefined) return unaskedUser(workload, known, gid, ledger);
  if (asked === 0 && workload.privileged !== true) {
    const { add } = workload.capabilities;
    ledger.note(
      "security/root-without-capabilities",
      name,
      `it runs as root, as the input asks, with ${add.length === 0 ? "no capability" : `no capability but ${add.join(", ")}`}: where its start script changes owners or users, it needs cap_add: [CHOWN, SETGID, SETUID].`,
    );
  }
  const group = gid ?? (known?.user?.uid === asked ? known.user.gid : undefined);
  return { uid: asked, root: asked === 0, ...(group === undefined ? {} : { gid: group }) };
}

/** The user where the input names none by number: the image's, as far as the table knows it, else the default. */
function unaskedUser(
  workload: WorkloadIntent,
  known: KnownImage | undefined,
  gid: number | undefined,
  ledger: Ledger,
): ResolvedUser {
  const { name, image } = workload;
  const wished = workload.user?.name;
  if (wished !== undefined)
    ledger.note(
      "image/assumed-user",
      name,
      `only the image can resolve the user ${JSON.stringify(wished)}: it runs as ${DEFAULT_UID}. Name the user by number.`,
    );
  else if (known?.user !== undefined) {
    const { uid } = known.user;
    const group = gid ?? known.user.gid;
    ledger.note(
      known.certainty === "guess" ? "image/assumed-user" : "image/known-user",
      name,
      `${image} is ${assumed(known)} to run as user ${uid}, group ${group} (${known.source}).`,
    );
    return { uid, gid: group, root: false };
  } else if (known?.needsRoot === undefined)
    ledger.note(
      "image/assumed-user",
      name,
      `neither the input nor the table of images names the user of ${image}: it runs as ${DEFAULT_UID}. If the image expects another one, name it by number (user:).`,
    );
  if (known?.needsRoot !== undefined) {
    ledger.note(
      "image/needs-root",
      name,
      `${image} is known to need root: ${known.needsRoot}. It is not given root unasked and will not start.`,
    );
    ledger.require({
      kind: "other",
      subject: name,
      text: `${image} needs root (${known.needsRoot}): ask for it with user: "0" and the capabilities it needs with cap_add, or choose another image.`,
    });
  }
  return { uid: DEFAULT_UID, gid: gid ?? DEFAULT_UID, root: false };
}

function validId(id: number | undefined): number | undefined {
  return id !== undefined && Number.isInteger(id) && id >= 0 && id <= MAX_ID ? id : undefined;
}

function askedUid(workload: WorkloadIntent, known: KnownImage | undefined): number | undefined {
  const uid = validId(workload.user?.uid);
  const name = workload.user?.name;
  if (uid !== undefined || name === undefined) return uid;
  return known?.user?.name === name ? known.user.uid : everywhere.get(name);
}
