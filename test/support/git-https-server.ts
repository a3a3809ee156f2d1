import { spawn } from "node:child_process";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { git, gitEnvironment } from "./git-repository.ts";
import { testCertificate } from "./test-certificate.ts";

export interface GitHttpsServer {
  /** `https://localhost:<port>`; repositories of the served folder lie below it. */
  readonly url: string;
  /** The certificate, PEM. */
  readonly certificate: string;
  /** Authorization headers that arrived, one a request. */
  readonly authorizations: readonly (string | undefined)[];
  close(): Promise<void>;
}

/**
 * Serves the repositories of a folder with `git http-backend`, behind TLS. With `password` it asks for HTTP Basic; a
 * path below `/away/` is answered with a redirect to `away`.
 */
export async function serveGit(
  root: string,
  options: { readonly password?: string; readonly away?: string } = {},
): Promise<GitHttpsServer> {
  const { key, certificate } = testCertificate();
  const authorizations: (string | undefined)[] = [];
  const server = createServer({ key, cert: certificate }, (request, response) => {
    const url = new URL(request.url ?? "/", "https://localhost");
    authorizations.push(request.headers.authorization);
    if (options.away !== undefined && url.pathname.startsWith("/away/")) {
      response
        .writeHead(302, { location: `${options.away}${url.pathname.slice("/away".length)}${url.search}` })
        .end();
      return;
    }
    const expected =
      options.password === undefined
        ? undefined
        : `Basic ${Buffer.from(`user:${options.password}`).toString("base64")}`;
    if (expected !== undefined && request.headers.authorization !== expected) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end();
      return;
    }
    const backend = spawn("git", ["-c", "http.receivepack=true", "http-backend"], {
      env: {
        ...gitEnvironment,
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: "1",
        REMOTE_USER: "user",
        REQUEST_METHOD: request.method ?? "GET",
        PATH_INFO: decodeURIComponent(url.pathname),
        QUERY_STRING: url.search.slice(1),
        CONTENT_TYPE: request.headers["content-type"] ?? "",
        ...(request.headers["content-length"] === undefined
          ? {}
          : { CONTENT_LENGTH: request.headers["content-length"] }),
        ...(request.headers["content-encoding"] === undefined
          ? {}
          : { HTTP_CONTENT_ENCODING: request.headers["content-encoding"] }),
        ...(request.headers["git-protocol"] === undefined
          ? {}
          : { GIT_PROTOCOL: String(request.headers["git-protocol"]) }),
      },
    });
    request.pipe(backend.stdin);
    backend.stdin.on("error", () => {});
    const chunks: Buffer[] = [];
    backend.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    backend.on("close", () => {
      const output = Buffer.concat(chunks);
      const end = output.indexOf("\r\n\r\n");
      let status = 200;
      const headers: [string, string][] = [];
      for (const line of output.subarray(0, end).toString("latin1").split("\r\n")) {
        const colon = line.indexOf(":");
        const name = line.slice(0, colon);
        const value = line.slice(colon + 1).trim();
        if (name.toLowerCase() === "status") status = Number(value.split(" ")[0]);
        else if (colon > 0) headers.push([name, value]);
      }
      response.writeHead(status, headers.flat());
      response.end(output.subarray(end + 4));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  git(root, "--version");
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    certificate,
    authorizations,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
