/**
 * Which literals of a Compose file are credentials (kernel K16). Tables with their sources and examples; the tests run
 * every example. Erring towards a reference costs its owner one key of a Secret; erring the other way publishes a secret.
 */
export interface CredentialRow {
  readonly id: string;
  readonly source: string;
  readonly matches: readonly string[];
  readonly ignores: readonly string[];
}

/** A word, or several words in a row, of a variable's, option's or key's name. */
export interface NameRow extends CredentialRow {
  readonly pattern: RegExp;
}

const gitleaks = "gitleaks config/gitleaks.toml";
const images = "documentation of the official images on Docker Hub";

/** Matched against the name as upper-case words joined by `_`, with `_` at both ends. */
export const credentialNames: readonly NameRow[] = [
  {
    id: "password",
    source: images,
    pattern: /PASSWORD|PASSWD|PASSPHRASE|_(?:[A-Z0-9]*PASS|PWD|PW|PSWD)_/,
    matches: [
      "POSTGRES_PASSWORD",
      "DB_PASS",
      "PIHOLE_PW",
      "WEBPASSWORD",
      "PGPASSWORD",
      "adminPassword",
      "DB_PASSWD",
      "requirepass",
    ],
    ignores: ["PWD", "OLDPWD", "POSTGRES_PASSWORD_FILE", "COMPASS", "BYPASS_CACHE", "PASSWORD_MIN_LENGTH"],
  },
  {
    id: "secret",
    source: gitleaks,
    pattern: /_[A-Z0-9]*SECRETS?_/,
    matches: ["JWT_SECRET", "SECRET_KEY_BASE", "clientSecret", "SESSION_SECRET"],
    ignores: ["SECRET_NAME", "SECRETARY", "CLIENT_SECRET_FILE"],
  },
  {
    id: "token",
    source: gitleaks,
    pattern: /_[A-Z0-9]*TOKEN_/,
    matches: ["GITHUB_TOKEN", "ACCESS_TOKEN", "authToken", "INFLUXDB_INIT_ADMIN_TOKEN"],
    ignores: ["MAX_TOKENS", "TOKENIZER", "TOKEN_TTL", "TOKEN_URL"],
  },
  {
    id: "key",
    source: gitleaks,
    pattern:
      /_[A-Z0-9]*(?:APIKEY|SECRETKEY|PRIVATEKEY)_|_[A-Z0-9]+_KEYS?_$|_KEY_(?:ID|BASE|BASE64|V?[0-9]+)_$/,
    matches: ["API_KEY", "AWS_SECRET_ACCESS_KEY", "APP_KEY", "ENCRYPTION_KEY", "apiKey", "AWS_ACCESS_KEY_ID"],
    ignores: ["KEYBOARD", "SSL_KEY_FILE", "SSH_PUBLIC_KEY", "PARTITION_KEY", "CACHE_KEY", "KEY"],
  },
  {
    id: "credential",
    source: gitleaks,
    pattern:
      /_CREDENTIALS?_|_CREDS?_|_(?:BASIC|NEO4J|REDIS|HTTP|SMTP|PROXY)_?AUTH_$|_BASICAUTH_|_HTPASSWD_|_SALT_|_PEPPER_|_DSN_|_(?:SASL|LOGIN)_CONFIG_|_PRIVATE_/,
    matches: ["DB_CREDENTIALS", "NEO4J_AUTH", "AUTH_SALT", "SENTRY_DSN", "BASIC_AUTH"],
    ignores: ["GOOGLE_APPLICATION_CREDENTIALS_FILE", "AUTH_TYPE", "SMTP_AUTH_TYPE"],
  },
];

/** Last words after which a name names something about a credential, not the credential. */
const harmlessEnds =
  /_(?:FILE|FILES|FILENAME|PATH|DIR|DIRECTORY|MOUNT|LENGTH|MIN|MAX|SIZE|TTL|EXPIRY|EXPIRES|EXPIRATION|EXPIRES_IN|LIFETIME|AGE|TIMEOUT|INTERVAL|ENABLED?|DISABLED?|REQUIRED|POLICY|TYPE|NAME|ALGORITHM|ALG|METHOD|ISSUER|AUDIENCE|ENDPOINT|URL|URI|HOST|PORT|HEADER|FIELD|COUNT|REGION|VERSION|FORMAT|PLUGIN|ENCODING|ROTATION)_$/;
const harmlessNames =
  /^_(?:OLD)?PWD_$|_(?:COM|BY)PASS_|_PUBLIC_KEYS?_|_(?:PARTITION|SORT|CACHE|PRIMARY|FOREIGN|ROUTING|GROUP|HOT|INDEX|SORTING)_KEYS?_$/;
/** Names that ask whether there is a credential: their value is a choice. */
const choiceNames = /_(?:ALLOW|RANDOM|REQUIRE|ENABLE|DISABLE|USE|ONETIME|SKIP|NO|IS|HAS|WITH)_/;

/** A pattern in a value. Group `secret`, where there is one, is the part that must not stand there. */
export interface ValueRow extends CredentialRow {
  readonly pattern: RegExp;
}

export const credentialValues: readonly ValueRow[] = [
  {
    id: "url-password",
    source: "RFC 3986 3.2.1 (userinfo)",
    pattern:
      /(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{0,40}:\/\/[^\s/:@'"]{0,200}:(?<secret>[^\s@'"]{1,1000})@/d,
    matches: ["mysql://root:whalehello@db:3306/mysql", "redis://:s3cret@cache", "postgres://u:p%2Fw@db/x"],
    ignores: ["http://db:3306/x", "http://user@host", "https://${U}:${P}@h"],
  },
  {
    id: "go-dsn-password",
    source: "go-sql-driver/mysql README, DSN",
    pattern: /(?:^|[\s'"=])[\w.-]+:(?<secret>[^\s:@'"]+)@(?:tcp|unix)\(/d,
    matches: ["root:example1@tcp(db:3306)/app"],
    ignores: ["root@tcp(db:3306)/app"],
  },
  {
    id: "private-key",
    source: "RFC 7468; gitleaks private-key",
    pattern: /(?<secret>-----BEGIN[ A-Z0-9]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*)/d,
    matches: ["-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA"],
    ignores: ["-----BEGIN CERTIFICATE-----\nAAAA"],
  },
  {
    id: "known-token",
    source: `${gitleaks}; documentation of GitHub, GitLab, Slack, AWS, Google, npm, Stripe, Hugging Face, age`,
    pattern:
      /(?<![A-Za-z0-9])(?<secret>gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|xox[abeoprs]-[A-Za-z0-9-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_-]{20,}|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{30,}|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}|sk-(?:proj-|ant-)?[A-Za-z0-9_-]{20,}|hf_[A-Za-z0-9]{30,}|dop_v1_[a-f0-9]{32,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}|AGE-SECRET-KEY-1[A-Z0-9]{50,}|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*|hooks\.slack\.com\/services\/[A-Za-z0-9/]+)/d,
    matches: ["ghp_0123456789abcdefghijABCDEFGHIJ012345", "AKIAIOSFODNN7EXAMPLE", "xoxb-123456789012-abc"],
    ignores: ["sk-learn", "ghp_short"],
  },
  {
    id: "password-hash",
    source: "crypt(5); Apache htpasswd",
    pattern: /(?<secret>\$(?:apr1|1|2[abxy]|5|6|y|argon2(?:i|d|id))\$[^\s'"]{8,})/d,
    matches: ["admin:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/"],
    ignores: ["$1 and $2"],
  },
  {
    id: "authorization",
    source: "RFC 7617, RFC 6750",
    pattern: /\b(?:Bearer|Basic)\s+(?<secret>[A-Za-z0-9+/=._~-]{8,})/d,
    matches: ["Authorization: Basic dXNlcjpwYXNz"],
    ignores: ["basic auth"],
  },
  {
    id: "assignment",
    source: "detect-secrets KeywordDetector; connection strings of ADO.NET, JDBC and libpq",
    pattern:
      /(?<![A-Za-z0-9])["']?(?:[A-Za-z0-9._-]{0,60}[_.-])?(?:password|passwd|passphrase|pwd|pass|secret|token|api[_-]?key|secret[_-]?key|access[_-]?key|private[_-]?key|requirepass|masterauth)\\*["']?(?:\s*(?:=|:)\s*|\s+(?=["']))\\*["']?(?<secret>(?![$<{(\s"'%]|\/run\/secrets\/|(?:true|false|null|none|yes|no|on|off|required|optional|prompt|env|file)\b)(?:[^\s"',;&}\\]|\\(?!["']))+)/di,
    matches: [
      "Server=db;User=sa;Password=Example1;",
      "-Ddb.password=hunter2",
      '{"password": "x1y2"}',
      '{\\"password\\": \\"x1y2\\"}',
      "MYSQL_PWD=abc mysql",
    ],
    ignores: [
      "password=$PASSWORD",
      "password: ${X}",
      "token_type=bearer",
      "compass=1",
      "password_file=/x",
      "mysql_native_password",
    ],
  },
  {
    id: "configuration-line",
    source: "redis.conf requirepass; SQL CREATE USER (MySQL, PostgreSQL); .netrc",
    pattern:
      /(?:^|\n)\s*(?:requirepass|masterauth)\s+(?<redis>[^\s#]+)|\b(?:IDENTIFIED\s+(?:WITH\s+\S+\s+)?BY|(?:WITH\s+)?(?:ENCRYPTED\s+)?PASSWORD)\s+'(?<sql>[^']+)'|\bmachine\s+\S+\s+login\s+\S+\s+password\s+(?<netrc>\S+)/di,
    matches: ["requirepass foobared", "CREATE USER a IDENTIFIED BY 'b';", "CREATE ROLE a LOGIN PASSWORD 'b'"],
    ignores: ["# requirepass", "PASSWORD EXPIRE NEVER"],
  },
];

/** Text without structure that is long and random enough to be a key. */
const randomText = /^(?:[A-Fa-f0-9]{32,}|(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])(?=\D*\d)[A-Za-z0-9+/_=-]{40,})$/;
const digestNames =
  /_(?:SHA|SHA1|SHA256|COMMIT|DIGEST|CHECKSUM|HASH|REVISION|UUID|GUID|ID|VERSION|ETAG|FINGERPRINT)_/;

/** `dbPassword`, `db.password` and `DB-PASSWORD` as `_DB_PASSWORD_`. */
function words(name: string): string {
  const split = name.slice(0, 512).replaceAll(/([a-z])([A-Z])/g, "$1_$2");
  return `_${split.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_")}_`.replaceAll(/_{2,}/g, "_");
}

/** The name says that the value is a credential, unless the value shows that it is not. */
export function isCredentialName(name: string): boolean {
  const text = words(name);
  if (harmlessEnds.test(text) || harmlessNames.test(text)) return false;
  return credentialNames.some((row) => row.pattern.test(text));
}

const choice = /^(?:true|false|yes|no|on|off|none|null)$/i;

/** An environment variable, label or option whose literal value must not stand in an intent. */
export function isCredential(name: string, value: string): boolean {
  if (value === "" || choice.test(value)) return false;
  if (holdsCredential(value)) return true;
  if (isCredentialName(name)) {
    if (/^\/run\/secrets\/[\w.-]+$/.test(value)) return false;
    return !(choiceNames.test(words(name)) && /^[01]$/.test(value));
  }
  return randomText.test(value) && !digestNames.test(words(name));
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

interface Matcher {
  readonly id: string;
  /** Without groups: most texts hold nothing, and places cost time. */
  readonly holds: RegExp;
  readonly all: RegExp;
}

// Made once: a pattern that is compiled for every text costs more than its search.
const matchers: readonly Matcher[] = credentialValues.map(({ id, pattern: { source, flags } }) => ({
  id,
  holds: new RegExp(source, flags.replace("d", "")),
  all: new RegExp(source, `${flags}g`),
}));

/** The parts of a text that rows of the value table find, all rows or the one that is named; references are no literals. */
export function credentialSpans(text: string, row?: string): readonly Span[] {
  const spans: Span[] = [];
  for (const { id, holds, all } of matchers) {
    if ((row !== undefined && row !== id) || !holds.test(text)) continue;
    all.lastIndex = 0;
    for (let match = all.exec(text); match !== null; match = all.exec(text)) {
      for (const span of Object.values(match.indices?.groups ?? {})) {
        if (span !== undefined && !isReference(text.slice(span[0], span[1])))
          spans.push({ start: span[0], end: span[1] });
      }
    }
  }
  return spans.length === 0 ? none : mergeSpans(spans);
}

const none: readonly Span[] = [];

/** Sorted, and joined where they overlap. */
export function mergeSpans(spans: readonly Span[]): readonly Span[] {
  const merged: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1);
    if (last !== undefined && span.start < last.end) {
      if (span.end > last.end) merged[merged.length - 1] = { start: last.start, end: span.end };
    } else if (span.end > span.start) merged.push(span);
  }
  return merged;
}

/** `$X`, `${X}`, `$(cmd)`, a back-quoted command, or a path under /run/secrets: names where a value is, is no value. */
export function isReference(value: string): boolean {
  return /^["']?(?:\$(?!(?:apr1|1|2[abxy]|5|6|y|argon2\w*)\$)|`|\/run\/secrets\/|%[A-Z_]+%|<)/.test(value);
}

export function holdsCredential(text: string): boolean {
  return credentialSpans(text).length > 0;
}

const credentialFiles =
  /(?:^|\/)(?:\.env(?:\..*)?|.*\.env|\.?htpasswd|\.netrc|\.pgpass|\.npmrc|\.pypirc|\.dockerconfigjson|\.git-credentials|kubeconfig|id_(?:rsa|dsa|ecdsa|ed25519)|credentials?(?:\..*)?|.*(?:password|passwd|secret|token)s?(?:\.[\w.]+)?|.*\.(?:key|p12|pfx|jks|keystore|ppk|kdbx))$/i;

/** A file whose name says that it holds credentials (`db/password.txt`, `tls.key`, `.env`). */
export function isCredentialFile(path: string): boolean {
  return credentialFiles.test(path);
}
