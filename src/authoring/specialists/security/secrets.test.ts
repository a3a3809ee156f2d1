import { describe, expect, test } from "vitest";
import { place } from "../../../../test/support/authoring-intents.ts";
import { one } from "../../../../test/support/authored.ts";

describe("K16 Secrets are prerequisites with a command that holds no value", () => {
  const commands = (keys: readonly [string, string, string?][]): (string | undefined)[] =>
    one(
      { env: keys.map(([key], index) => ({ name: `E${index}`, secret: "s", key })) },
      {
        secrets: [
          {
            name: "s",
            keys: keys.map(([key, reason, file]) => ({
              key,
              reason,
              place,
              ...(file === undefined ? {} : { file }),
            })),
          },
        ],
      },
    )
      .prerequisites.filter((row) => row.kind === "secret")
      .map((row) => row.command);

  test.each<[string, readonly [string, string, string?][], string]>([
    [
      "of an env_file",
      [
        ["A", "env_file .env.db", ".env.db"],
        ["B", "env_file .env.db", ".env.db"],
      ],
      "--from-env-file=.env.db",
    ],
    [
      "of two env_files",
      [
        ["A", "env_file a", "a"],
        ["B", "env_file b", "b"],
      ],
      "--from-env-file=/dev/stdin",
    ],
    ["of a file", [["token", "secrets.token", "secrets/token.txt"]], "--from-file=token=secrets/token.txt"],
    [
      "of a file with an odd name",
      [["token", "secrets.token", "it's here"]],
      "--from-file=token='it'\\''s here'",
    ],
    ["of a variable", [["A", "interpolated ${A}", ".env"]], "--from-file=A=/dev/stdin"],
    [
      "of two literals",
      [
        ["A", "literal"],
        ["B", "literal"],
      ],
      "--from-env-file=/dev/stdin",
    ],
    [
      "of a file and a literal",
      [
        ["a", "secrets.a", "a.txt"],
        ["b", "literal"],
      ],
      "--from-file=a=a.txt --from-file=b=/dev/stdin",
    ],
    [
      "of a file and two literals",
      [
        ["a", "secrets.a", "a.txt"],
        ["b", "literal"],
        ["c", "literal"],
      ],
      "--from-file=a=a.txt --from-file=b=./b --from-file=c=./c",
    ],
  ])("%s", (_, keys, options) => {
    expect(commands(keys)).toEqual([`kubectl create secret generic s -n shop ${options}`]);
  });

  test("a key that the intent does not declare is asked for", () => {
    expect(one({ env: [{ name: "A", secret: "s", key: "k" }] }).prerequisites).toEqual([
      {
        kind: "secret",
        subject: "s",
        text: "Secret s in namespace shop must have the key k: web reads it. The input does not say where from.",
      },
    ]);
  });
});
