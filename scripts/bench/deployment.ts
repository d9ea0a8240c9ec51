import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const TEAMS = ["shop", "search", "billing", "identity", "media"];
const ROLES = ["api", "worker", "frontend", "cache", "gateway", "scheduler", "exporter"];
const IMAGES = [
  "nginx:1.27.3",
  "docker.io/library/redis:7.4.1-alpine",
  "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.13.0",
  "docker.io/library/postgres:16.4",
  "node:22.11-slim",
  `registry.k8s.io/pause@sha256:${"7031c1b283388d2c2e09b57badb803c05ebed362dc88d84b480cc47f72a21097"}`,
];

/** Writes the files `0000.yaml`, ... into a folder; the same count gives the same bytes. */
export async function writeDeployments(folder: string, count: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let i = 0; i < count; i++) {
    await writeFile(join(folder, `${String(i).padStart(4, "0")}.yaml`), deployment(i));
  }
}

/**
 * A Deployment of 1 to 2 KB. All differ; every tenth pulls `latest`, every twenty-fifth is privileged,
 * so that verdicts with reasons are part of what is measured.
 */
export function deployment(index: number): string {
  const team = TEAMS[index % TEAMS.length]!;
  const name = `${team}-${ROLES[index % ROLES.length]}-${index}`;
  const image = index % 10 === 9 ? "nginx:latest" : IMAGES[index % IMAGES.length]!;
  const port = 8000 + (index % 1000);
  const settings = Array.from(
    { length: 2 + (index % 7) },
    (_, n) =>
      `            - name: ${team.toUpperCase()}_SETTING_${n}
              value: "value ${index * 7 + n} of ${name}"
`,
  );
  return `# Deployed by the ${team} team
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: ${team}
  labels: &labels
    app.kubernetes.io/name: ${name}
    app.kubernetes.io/part-of: ${team}
spec:
  replicas: ${1 + (index % 5)}
  selector:
    matchLabels: *labels
  strategy:
    type: RollingUpdate
    rollingUpdate: { maxSurge: 1, maxUnavailable: 0 }
  template:
    metadata:
      labels: *labels
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "${port}"
    spec:
      serviceAccountName: ${team}
      containers:
        - name: main
          image: ${image}
          imagePullPolicy: IfNotPresent
          ports:
            - { name: http, containerPort: ${port} }
          env:
${settings.join("")}          resources:
            requests: { cpu: ${50 + (index % 20) * 10}m, memory: ${64 + (index % 16) * 32}Mi }
            limits: { memory: ${256 + (index % 16) * 64}Mi }
          readinessProbe:
            httpGet: { path: /healthz, port: http }
            periodSeconds: ${5 + (index % 10)}
          securityContext:
            privileged: ${index % 25 === 24}
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          volumeMounts:
            - { name: cache, mountPath: /var/cache/${team} }
      volumes:
        - name: cache
          emptyDir: { sizeLimit: ${1 + (index % 4)}Gi }
`;
}
