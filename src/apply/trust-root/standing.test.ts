import { describe, expect, it } from "vitest";
import { type PathFacts, type StandingFacts, standingOf } from "./standing.ts";

const administrator: PathFacts = { owner: 0, mode: 0o755, writable: false };
const bound: StandingFacts = {
  named: false,
  user: 1000,
  folder: { owner: 200, mode: 0o755, writable: false },
  files: [
    { owner: 200, mode: 0o644, writable: false },
    { owner: 0, mode: 0o640, writable: false },
  ],
  ancestors: [administrator, administrator],
};

describe("K6 a trust root binds only whom it is out of reach of", () => {
  it("K6 binds a user who can neither write to it nor replace it", () => {
    expect(standingOf(bound)).toBe("owned by another user");
  });

  const mine = { owner: 1000 };
  const writable = { writable: true };
  it.each<[string, StandingFacts]>([
    ["it was named by a flag", { ...bound, named: true }],
    ["the user is the administrator, whoever owns it", { ...bound, user: 0, files: [], ancestors: [] }],
    ["the system knows no users", { ...bound, user: undefined }],
    ["the folder is the user's", { ...bound, folder: { ...bound.folder, ...mine } }],
    ["the folder is writable (access list)", { ...bound, folder: { ...bound.folder, ...writable } }],
    ["one file is the user's", { ...bound, files: [...bound.files, { ...administrator, ...mine }] }],
    ["one file is writable", { ...bound, files: [...bound.files, { ...administrator, ...writable }] }],
    ["a folder above is the user's", { ...bound, ancestors: [administrator, { ...administrator, ...mine }] }],
    [
      "a folder above is writable",
      { ...bound, ancestors: [{ ...administrator, ...writable }, administrator] },
    ],
    ["a folder above is a third user's", { ...bound, ancestors: [{ ...administrator, owner: 1001 }] }],
    ["a folder above is open to a group", { ...bound, ancestors: [{ ...administrator, mode: 0o775 }] }],
    [
      "a folder above is open to all, though sticky",
      { ...bound, ancestors: [{ ...administrator, mode: 0o1777 }] },
    ],
  ])("K6 only advises when %s", (_, facts) => {
    expect(standingOf(facts)).toBe("advisory");
  });
});
