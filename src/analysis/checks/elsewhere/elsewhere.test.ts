import { describe, expect, it, test } from "vitest";
import { practices } from "../practices/practice-table.ts";
import { backdoorTable } from "../backdoors/backdoor-table.ts";
import { ruleCodes, ruleOf } from "../rule-table.ts";
import { secretTable } from "../secrets/secret-table.ts";
import { allElsewhere, findElsewhere, foreignIds, guidesOf, sameElsewhere } from "./elsewhere.ts";
import { notCovered, saidBy } from "./elsewhere-table.ts";
import { otherTools } from "./other-tools.generated.ts";

const all = allElsewhere();
const known = new Set(otherTools.flatMap(({ tool, checks }) => checks.map(({ id }) => `${tool}:${id}`)));
const listed = new Set(otherTools.map(({ tool }) => tool));

describe("the checks of other tools", () => {
  it("are read from eight tools", () => {
    expect(otherTools.map(({ tool, checks }) => [tool, checks.length])).toEqual([
      ["kube-linter", 63],
      ["kube-score", 39],
      ["polaris", 44],
      ["trivy", 169],
      ["kubescape", 281],
      ["checkov", 119],
      ["kics", 142],
      ["kubesec", 26],
    ]);
  });

  it("are said by ours, or the reason is told", () => {
    const open = all.filter(({ ours, reason }) => ours.length === 0 && reason === undefined);
    expect(open.map(({ tool, check }) => `${tool}:${check.id} ${check.name}`)).toEqual([]);
  });

  it("are said by checks that there are", () => {
    for (const { ours } of all) for (const id of ours) expect([id, ruleOf(id)?.id]).toEqual([id, id]);
  });

  it("are said by ours wherever two tools say it of manifests", () => {
    // A row of `notCovered` names one thing that could be said of manifests; two tools that say it make it ours to say.
    const shared = notCovered.flatMap(({ ids, manifests, reason }) => {
      if (manifests !== true) return [];
      const fits = [...known].filter((id) => (ids instanceof RegExp ? ids.test(id) : ids.includes(id)));
      const tools = new Set(fits.map((id) => id.slice(0, id.indexOf(":"))));
      return tools.size > 1 ? [reason] : [];
    });
    expect(shared).toEqual([]);
  });

  it("are each needed in the tables", () => {
    const fits = (row: (typeof notCovered)[number], id: string): boolean =>
      row.ids instanceof RegExp ? row.ids.test(id) : row.ids.includes(id);
    for (const row of notCovered)
      expect([row.reason, [...known].some((id) => fits(row, id))]).toEqual([row.reason, true]);
    // What ours say needs no reason why not.
    const both = all.filter(
      ({ tool, check, ours }) =>
        ours.length > 0 && notCovered.some((row) => fits(row, `${tool}:${check.id}`)),
    );
    expect(both.map(({ tool, check }) => `${tool}:${check.id}`)).toEqual([]);
  });

  it("are named in our tables as they are called", () => {
    const rows = [
      ...practices,
      ...backdoorTable,
      ...Object.values(secretTable),
      { same: Object.keys(saidBy) },
    ];
    const wrong = new Set(
      rows.flatMap(({ same }) =>
        same.filter((id) => listed.has(id.slice(0, id.indexOf(":"))) && !known.has(id)),
      ),
    );
    // Ids of other parts of a tool than its checks of manifests, and of inputs that polaris tests itself with.
    expect([...wrong].toSorted()).toEqual([
      "checkov:CKV_SECRET_13",
      "checkov:CKV_SECRET_4",
      "checkov:CKV_SECRET_6",
      "trivy:secret",
    ]);
  });
});

test.each([
  ["CKV_K8S_20", ["security/privilege-escalation"]],
  ["ckv_k8s_20", ["security/privilege-escalation"]],
  ["kube-linter:run-as-non-root", ["security/run-as-non-root", "security/root-user"]],
  ["KSV-0001", ["security/privilege-escalation"]],
  ["AVD-KSV-0001", ["security/privilege-escalation"]],
  ["KSV001", ["security/privilege-escalation"]],
  ["C-0016", ["security/privilege-escalation"]],
  ["dd29336b-fe57-445b-a26e-e6aa867ae609", ["security/privileged"]],
])("%s is said by %j", (asked, ours) => {
  expect(findElsewhere(asked).map((one) => one.ours)).toEqual([ours]);
});

test("nothing is found for what no tool has", () => {
  expect(findElsewhere("CKV_K8S_9999")).toEqual([]);
  expect(findElsewhere("")).toEqual([]);
});

test("a check of Pod Security has the ids of the practices that say the same", () => {
  expect(sameElsewhere("pod-security/privileged")).toContain("checkov:CKV_K8S_16");
  expect(guidesOf("pod-security/privileged")).toContain("MITRE T1610");
  expect(guidesOf("backdoor/clusterrolebinding-mimics-system")).toEqual(["MITRE T1036.005"]);
  expect(guidesOf("security/service-account-token")).toContain("CIS 5.1.6");
  expect(guidesOf("supply-chain/pull-policy").every((guide) => /^(?:CIS|NSA|MITRE)/.test(guide))).toBe(true);
});

test("no id of ours reads like one of another tool", () => {
  const foreign = new Set(foreignIds());
  expect(ruleCodes().filter((code) => foreign.has(code))).toEqual([]);
});
