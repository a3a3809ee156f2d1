import calculator from "ae-cvss-calculator";

/** Values that a metric of CVSS 4.0 may have (FIRST, CVSS v4.0 specification, tables 1-27). */
const base = {
  AV: "NALP",
  AC: "LH",
  AT: "NP",
  PR: "NLH",
  UI: "NPA",
  VC: "HLN",
  VI: "HLN",
  VA: "HLN",
  SC: "HLN",
  SI: "HLN",
  SA: "HLN",
} as const;
const further = {
  E: "XAPU",
  CR: "XHML",
  IR: "XHML",
  AR: "XHML",
  MAV: "XNALP",
  MAC: "XLH",
  MAT: "XNP",
  MPR: "XNLH",
  MUI: "XNPA",
  MVC: "XHLN",
  MVI: "XHLN",
  MVA: "XHLN",
  MSC: "XHLN",
  MSI: "XSHLN",
  MSA: "XSHLN",
  S: "XNP",
  AU: "XNY",
  R: "XAUI",
  V: "XDC",
  RE: "XLMH",
} as const;
const supplementalColours = ["X", "Red", "Amber", "Green", "Clear"];

export interface Cvss4 {
  /** The vector, its metrics in the order of the specification. */
  readonly vector: string;
  /** CVSS-B in tenths: base metrics alone, whatever else the vector says. */
  readonly baseTenths: number;
  /** CVSS-BTE in tenths: with the threat and environmental metrics that the vector names. */
  readonly overallTenths: number;
}

export type Cvss4Parse =
  | { readonly ok: true; readonly cvss: Cvss4 }
  | { readonly ok: false; readonly problem: string };

const PREFIX = "CVSS:4.0/";

/**
 * Reads a CVSS 4.0 vector strictly, then scores it. The calculator itself takes incomplete vectors (as score 0), the last
 * of two equal metrics and any prefix, so all that is refused here.
 */
export function parseCvss4(text: string): Cvss4Parse {
  if (!text.startsWith(PREFIX))
    return bad(
      `it does not begin with ${PREFIX}${text.startsWith("CVSS:3") ? "; scores of CVSS 3 are not comparable" : ""}`,
    );
  const metrics = new Map<string, string>();
  for (const part of text.slice(PREFIX.length).split("/")) {
    const [name = "", value = "", ...rest] = part.split(":");
    const allowed = valuesOf(name);
    if (allowed === undefined) return bad(`"${clip(name)}" is no metric of CVSS 4.0`);
    if (rest.length > 0 || !allowed.includes(value))
      return bad(`${name} must be one of ${allowed.join(", ")}, not "${clip(value)}"`);
    if (metrics.has(name)) return bad(`${name} is given twice`);
    metrics.set(name, value);
  }
  const missing = Object.keys(base).filter((name) => !metrics.has(name));
  if (missing.length > 0) return bad(`these base metrics are missing: ${missing.join(", ")}`);
  const order = [...Object.keys(base), ...Object.keys(further), "U"];
  const vector =
    PREFIX +
    order.flatMap((name) => (metrics.has(name) ? [`${name}:${metrics.get(name) ?? ""}`] : [])).join("/");
  const scores = new calculator.Cvss4P0(vector).calculateScores();
  const baseScore = scores.baseMetricsOnly ?? scores.base;
  if (baseScore === undefined || !Number.isFinite(baseScore)) return bad("it cannot be scored");
  return {
    ok: true,
    cvss: { vector, baseTenths: Math.round(baseScore * 10), overallTenths: Math.round(scores.overall * 10) },
  };
}

function valuesOf(name: string): readonly string[] | undefined {
  if (Object.hasOwn(base, name)) return base[name as keyof typeof base].split("");
  if (Object.hasOwn(further, name)) return further[name as keyof typeof further].split("");
  return name === "U" ? supplementalColours : undefined;
}

function bad(problem: string): Cvss4Parse {
  return { ok: false, problem };
}

function clip(text: string): string {
  return text.length > 20 ? `${text.slice(0, 20)}...` : text;
}
