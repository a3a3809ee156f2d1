import { expect, test } from "vitest";
import { scrubEnvironment } from "./environment.ts";

test("of the environment only places, language and time zone are kept, in the very object that programs inherit", () => {
  const environment: Record<string, string | undefined> = {
    PATH: "/bin",
    HOME: "/home/anna",
    TZ: "UTC",
    XDG_STATE_HOME: "/state",
    KUBECONFIG: "/kube",
    ANTHROPIC_API_KEY: "sk-canary",
    AWS_SECRET_ACCESS_KEY: "canary",
    GITHUB_TOKEN: "canary",
    NODE_OPTIONS: "--require /canary.js",
    LD_PRELOAD: "/canary.so",
    GIT_SSH_COMMAND: "canary",
    SSH_ASKPASS: "canary",
    HTTPS_PROXY: "http://canary",
    __proto__x: "canary",
  };
  expect(scrubEnvironment(environment)).toBe(environment);
  expect(Object.keys(environment).sort()).toEqual(["HOME", "KUBECONFIG", "PATH", "TZ", "XDG_STATE_HOME"]);
});
