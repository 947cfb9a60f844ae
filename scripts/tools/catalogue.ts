import { chromium } from './chromium.ts'
import { fromDebian } from './debian.ts'
import { builtFromModule } from './go.ts'
import { otherNodes } from './node.ts'
import { agentDojo, kql, python } from './python.ts'
import { outputMatches } from './run.ts'
import type { Tool } from './tool.ts'
import { fromRelease } from './ways.ts'

const helm: Tool = {
  name: 'helm',
  version: '4.3.0',
  ways: [
    fromRelease('https://get.helm.sh/helm-v4.3.0-{platform}.tar.gz', '{platform}/helm'),
    builtFromModule('helm.sh/helm/v4/cmd/helm@v4.3.0'),
  ],
  advice: 'brew install helm, or https://helm.sh/docs/intro/install',
  check: outputMatches(['version', '--short'], /^v4\./),
}

const kubeconform: Tool = {
  name: 'kubeconform',
  version: '0.8.0',
  ways: [
    fromRelease(
      'https://github.com/yannh/kubeconform/releases/download/v0.8.0/kubeconform-{platform}.tar.gz',
      'kubeconform',
    ),
    builtFromModule('github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0'),
  ],
  advice: 'go install github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0',
  check: outputMatches(['-v'], /./),
}

const promtool: Tool = {
  name: 'promtool',
  version: '3.15.0',
  ways: [
    fromRelease(
      'https://github.com/prometheus/prometheus/releases/download/v3.15.0/prometheus-3.15.0.{platform}.tar.gz',
      'prometheus-3.15.0.{platform}/promtool',
    ),
    fromDebian('promtool', 'promtool'),
    // Debian 12 has it in another package.
    fromDebian('promtool', 'prometheus'),
  ],
  advice: 'sudo apt-get install prometheus, or brew install prometheus',
  check: outputMatches(['--version'], /promtool/),
}

const jq: Tool = {
  name: 'jq',
  version: '1.8.1',
  ways: [
    fromRelease(
      'https://github.com/jqlang/jq/releases/download/jq-1.8.1/jq-{platform}',
      undefined,
      platform => platform.replace('darwin', 'macos'),
    ),
    fromDebian('jq', 'jq', 'libjq1', 'libonig5'),
  ],
  advice: 'sudo apt-get install jq, or brew install jq',
  check: outputMatches(['--version'], /jq/),
}

const curl: Tool = {
  name: 'curl',
  version: '1',
  ways: [],
  advice: 'sudo apt-get install curl',
  check: outputMatches(['--version'], /curl/),
}

/** The programs that the tests start. Python comes first, since others need its pip. */
export const programsOfTests: readonly Tool[] = [
  python,
  agentDojo,
  kql,
  chromium,
  helm,
  kubeconform,
  promtool,
  jq,
  curl,
  ...otherNodes,
]

const helm3: Tool = {
  name: 'helm3',
  version: '3.22.0',
  ways: [
    fromRelease('https://get.helm.sh/helm-v3.22.0-{platform}.tar.gz', '{platform}/helm'),
    builtFromModule('helm.sh/helm/v3/cmd/helm@v3.22.0'),
  ],
  advice: 'https://helm.sh/docs/v3/intro/install',
  check: outputMatches(['version', '--short'], /^v3\./),
}

const kubeScore: Tool = {
  name: 'kube-score',
  version: '1.20.0',
  ways: [builtFromModule('github.com/zegl/kube-score/cmd/kube-score@v1.20.0')],
  advice: 'go install github.com/zegl/kube-score/cmd/kube-score@v1.20.0',
  check: outputMatches(['version'], /./),
}

/** Programs that only CI uses: Helm 3 and a linter of manifests. */
export const programsOfCi: readonly Tool[] = [helm3, kubeScore]
