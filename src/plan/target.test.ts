import { spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deep } from "../../test/support/suites.ts";
import { OpsError } from "../kube/ops-error.ts";
import {
  branchNameFault,
  charterTargetFor,
  folderAllowed,
  folderNameFault,
  isCiPath,
  parseTargetSpec,
} from "./target.ts";
import { charterWith } from "./testing/fixtures.ts";

function outcome(text: string): unknown {
  try {
    return parseTargetSpec(text);
  } catch (error) {
    if (!OpsError.is(error)) throw error;
    expect(error.code).toBe("TARGET_INVALID");
    return error.message;
  }
}

describe("parseTargetSpec", () => {
  it.each([
    ["git:./gitops#apps/shop", { kind: "git", url: "./gitops", branch: null, folder: "apps/shop" }],
    [
      "git:/srv/gitops@main#apps/shop/",
      { kind: "git", url: "/srv/gitops", branch: "main", folder: "apps/shop" },
    ],
    [
      "git:/srv/gitops@feature/a#./apps",
      { kind: "git", url: "/srv/gitops", branch: "feature/a", folder: "apps" },
    ],
    ["git:gitops#", { kind: "git", url: "gitops", branch: null, folder: "" }],
    ["git:gitops#.", { kind: "git", url: "gitops", branch: null, folder: "" }],
    ["git:gitops#./", { kind: "git", url: "gitops", branch: null, folder: "" }],
    [
      "git:/home/me@work/repo@#apps",
      { kind: "git", url: "/home/me@work/repo", branch: null, folder: "apps" },
    ],
    [
      "git:/home/me@work/repo@main#apps",
      { kind: "git", url: "/home/me@work/repo", branch: "main", folder: "apps" },
    ],
    [
      "git:https://git.example.org/acme/gitops.git@main#apps/shop",
      { kind: "git", url: "https://git.example.org/acme/gitops.git", branch: "main", folder: "apps/shop" },
    ],
    [
      "git:https://GIT.example.org:443/a/../acme/#a",
      { kind: "git", url: "https://git.example.org/acme", branch: null, folder: "a" },
    ],
    ["cluster:prod", { kind: "cluster", name: "prod" }],
    ["cluster:a.b-1", { kind: "cluster", name: "a.b-1" }],
  ])("reads %s", (text, spec) => {
    expect(outcome(text)).toEqual(spec);
  });

  it.each([
    ["prod", '"prod": a target starts with "git:" or "cluster:"'],
    ["cluster:", '"cluster:": a cluster is named by lower-case letters, digits, dots and dashes'],
    ["cluster:Prod", '"cluster:Prod": a cluster is named by lower-case letters, digits, dots and dashes'],
    ["cluster:a/b", '"cluster:a/b": a cluster is named by lower-case letters, digits, dots and dashes'],
    ["cluster:*", '"cluster:*": a cluster is named by lower-case letters, digits, dots and dashes'],
    ["cluster:-a", '"cluster:-a": a cluster is named by lower-case letters, digits, dots and dashes'],
    ["git:/srv/x", '"git:/srv/x": it names no folder: #folder is missing (# alone is the root of the tree)'],
    ["git:#apps", '"git:#apps": it names no repository'],
    [
      "git:https://me:secret@example.org/x#apps",
      '"git:https://...": credentials in a URL end up in logs and plans',
    ],
    [
      "git:https://token@example.org/x@main#apps",
      '"git:https://...": credentials in a URL end up in logs and plans',
    ],
    [
      "git:http://example.org/x#a",
      '"git:http://example.org/x#a": "http" is no way to a repository: https or a path (./ before a path with a colon)',
    ],
    [
      "git:ssh://example.org/x#a",
      '"git:ssh://example.org/x#a": "ssh" is no way to a repository: https or a path (./ before a path with a colon)',
    ],
    [
      "git:example.org:acme/x#a",
      '"git:example.org:acme/x#a": "example.org" is no way to a repository: https or a path (./ before a path with a colon)',
    ],
    [
      "git:ext::sh -c x#a",
      '"git:ext::sh -c x#a": "ext:" is no way to a repository: https or a path (./ before a path with a colon)',
    ],
    [
      "git:https://example.org/x?a=b#a",
      '"git:https://example.org/x?a=b#a": a URL of a repository has no query',
    ],
    ["git:https://example.org#a", '"git:https://example.org#a": the URL names no repository on the host'],
    ["git:https:///x y#a", '"git:https:///x y#a": the URL cannot be read'],
    ["git:HTTPS://example.org/x#a", '"git:HTTPS://example.org/x#a": the URL cannot be read'],
    [
      "git:--upload-pack=x#a",
      '"git:--upload-pack=x#a": a repository\'s path may not start with -, which programs read as an option',
    ],
    ["git:x@-b#a", '"git:x@-b#a": "-b" is no branch: it starts with -'],
    [
      "git:x@a b#a",
      '"git:x@a b#a": "a b" is no branch: it holds a space, a control character or one of ~ ^ : ? * [ \\',
    ],
    [
      "git:x@refs/heads/main#a",
      '"git:x@refs/heads/main#a": leave refs/heads/ out: the name of the branch is enough',
    ],
    ["git:x@HEAD#a", '"git:x@HEAD#a": "HEAD" is no branch: the name is not free'],
    [
      "git:x#/apps",
      '"git:x#/apps": "/apps" is no folder for objects: it is relative to the repository, without a leading slash',
    ],
    ["git:x#a/../b", '"git:x#a/../b": "a/../b" is no folder for objects: it holds . or .. as a part'],
    ["git:x#a//b", '"git:x#a//b": "a//b" is no folder for objects: it has an empty part between slashes'],
    ["git:x#.git/hooks", '"git:x#.git/hooks": ".git/hooks" is no folder for objects: it is Git\'s own'],
    ["git:x#a/.GIT", '"git:x#a/.GIT": "a/.GIT" is no folder for objects: it is Git\'s own'],
    ["git:x#GIT~1", '"git:x#GIT~1": "GIT~1" is no folder for objects: it is Git\'s own'],
    [
      "git:x#.github/workflows",
      '"git:x#.github/workflows": ".github/workflows" is no folder for objects: continuous integration runs what lies there',
    ],
    [
      "git:x#.gitattributes",
      '"git:x#.gitattributes": ".gitattributes" is no folder for objects: names that start with .git are Git\'s own',
    ],
    ["git:x#-a", '"git:x#-a": "-a" is no folder for objects: a part starts with -'],
    ["git:x#a.", '"git:x#a.": "a." is no folder for objects: a part ends with a dot or a space'],
    [
      "git:x#a#b",
      '"git:x#a#b": "a#b" is no folder for objects: names are letters, digits, space and . _ + @ = , ~ -, the same in every file system',
    ],
    [
      "git:x#äpps",
      '"git:x#\\u{e4}pps": "\\u{e4}pps" is no folder for objects: names are letters, digits, space and . _ + @ = , ~ -, the same in every file system',
    ],
    ["git:x#a\u0000b", '"git:x#a\\u0000b": it holds a control character'],
    ["git:x#a\u202eb", '"git:x#a\\u{202e}b": it holds a control character'],
    ["git:x\n@main#a", '"git:x\\n@main#a": it holds a control character'],
  ])("refuses %j", (text, message) => {
    expect(outcome(text)).toBe(message);
  });

  it("never gives a folder that leaves the repository", () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom("a", ".", "/", "-", "~", "g", "i", "t", "1", " ", "\\", "A"),
          maxLength: 12,
        }),
        (folder) => {
          const spec = outcome(`git:x#${folder}`);
          if (typeof spec !== "object" || spec === null || !("folder" in spec)) return;
          expect(String(spec.folder)).not.toMatch(/(^|\/)(\.{0,2})(\/|$)(?<!^$)|^\/|\\|^-|(^|\/)\.git(\/|$)/);
        },
      ),
      { numRuns: deep ? 20_000 : 1000 },
    );
  });
});

describe("branchNameFault", () => {
  const fixed = [
    "main",
    "a/b",
    "a..b",
    "a.lock",
    "a.lock/b",
    ".a",
    "a/.b",
    "a.",
    "a//b",
    "/a",
    "a/",
    "@",
    "a@{b",
    "{",
    "a@b",
    "HEAD",
    "-a",
    "a\\b",
    "a:b",
    "a~b",
    "a^b",
    "a?b",
    "a*b",
    "a[b",
    "ä",
    "a\u007fb",
    "refs/heads/x",
    "a]",
  ];
  it("agrees with git check-ref-format --branch", () => {
    const random = fc.sample(
      fc.string({
        unit: fc.constantFrom("a", "b", ".", "/", "@", "{", "-", "~", "lock", " ", ":"),
        minLength: 1,
        maxLength: 8,
      }),
      { numRuns: deep ? 400 : 60, seed: 3 },
    );
    for (const name of [...fixed, ...random]) {
      const git = spawnSync("git", ["check-ref-format", "--branch", name], { cwd: "/" });
      // Git takes HEAD, and @ or @{-1} outside of a repository, for names that mean another branch: we do not.
      const expected = git.status === 0 && name !== "HEAD" && name !== "@" && !name.startsWith("@{");
      expect([name, branchNameFault(name) === undefined]).toEqual([name, expected]);
    }
  });
});

describe("K18 folders", () => {
  it.each([
    ".github/x",
    "a/.GitLab-ci.yml",
    ".circleci",
    "x/Jenkinsfile",
    ".tekton/a.yaml",
    "azure-pipelines.yml",
  ])("%s belongs to continuous integration", (path) => {
    expect(isCiPath(path)).toBe(true);
  });
  it("others do not", () => {
    expect(["apps/github", "jenkins/a.yaml", "ci/a.yaml", "apps/tekton"].map(isCiPath)).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(["apps/shop", "a b/c", "clusters/prod-1/x_y"].map(folderNameFault)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("the charter's folders and targets", () => {
  it("are exact, or one level", () => {
    const at = (pattern: string, folder: string): boolean => folderAllowed([pattern], folder);
    expect(at("apps/shop", "apps/shop")).toBe(true);
    expect(at("apps/shop", "apps/shop/x")).toBe(false);
    expect(at("apps/shop", "apps/shopping")).toBe(false);
    expect(at("apps/*", "apps/shop")).toBe(true);
    expect(at("apps/*", "apps")).toBe(false);
    expect(at("apps/*", "apps/shop/x")).toBe(false);
    expect(at("apps/*", "apps2/shop")).toBe(false);
    expect(at("*", "apps")).toBe(true);
    expect(at("*", "apps/x")).toBe(false);
    expect(at("*", "")).toBe(false);
    expect(at("", "")).toBe(true);
  });
  it("are compared literally", () => {
    const charter = charterWith();
    expect(charterTargetFor(charter, { kind: "git", url: "/srv/gitops" })?.name).toBe("gitops");
    expect(charterTargetFor(charter, { kind: "git", url: "/srv/gitops/" })).toBeUndefined();
    expect(charterTargetFor(charter, { kind: "git", url: "/srv/GITOPS" })).toBeUndefined();
  });
});
