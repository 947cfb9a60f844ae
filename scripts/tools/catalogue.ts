import { chromium } from './chromium.ts'
import { fromDebian } from './debian.ts'
import { builtFromModule } from './go.ts'
import { otherNodes } from './node.ts'
import { agentDojo, cfnLint, kql, python } from './python.ts'
import { outputMatches } from './run.ts'
import type { Tool } from './tool.ts'
import { fromRelease } from './ways.ts'

// The hashes are those that the projects publish with their releases.

const helm: Tool = {
  name: 'helm',
  version: '4.3.0',
  ways: [
    fromRelease({
      sha256: {
        'linux-amd64': '86584a54def73570558f66f5111cc53dfed56689637ae32c1201205d494f54fb',
        'linux-arm64': '31c5794dd55c66a51e6b7d2e2ac7a114ae8b1de41ff1d9ba51748ac973b06a08',
        'darwin-amd64': '347a784877e0e20eac865e8d1c36a80f6bb0861d6f29abd34defb6570ef95d92',
        'darwin-arm64': 'd3870437e1e95b67f8edbde964156c84a26503f560821d40c542441658934fba',
      },
      url: platform => `https://get.helm.sh/helm-v4.3.0-${platform}.tar.gz`,
      member: platform => `${platform}/helm`,
    }),
    builtFromModule('helm.sh/helm/v4/cmd/helm@v4.3.0'),
  ],
  advice: 'brew install helm, or https://helm.sh/docs/intro/install',
  check: outputMatches(['version', '--short'], /^v4\./),
}

const kubeconform: Tool = {
  name: 'kubeconform',
  version: '0.8.0',
  ways: [
    fromRelease({
      sha256: {
        'linux-amd64': '9bc2bffbf71f261128533edaf912153948b7ff238f9a531ae6d34466ec287883',
        'linux-arm64': '1f53fc8e81258197a35e8603054162a5af1de8c5af13746c71ab680d9534ed87',
        'darwin-amd64': '71dbc87ac9f24099a62b93570e65aa06312ba6ac8aea63b7f86e9d999edf5a92',
        'darwin-arm64': 'f84f4dfbebf4a6b0b230385fa065a39ea35e02608c2b50d025dcf64775a69d67',
      },
      url: platform =>
        `https://github.com/yannh/kubeconform/releases/download/v0.8.0/kubeconform-${platform}.tar.gz`,
      member: () => 'kubeconform',
    }),
    builtFromModule('github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0'),
  ],
  advice: 'go install github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0',
  check: outputMatches(['-v'], /./),
}

const promtool: Tool = {
  name: 'promtool',
  version: '3.15.0',
  ways: [
    fromRelease({
      sha256: {
        'linux-amd64': '2a542df32eac02ee17b9d844fb2aa1de00dafa5476579ba8a3ba862e9d572ea0',
        'linux-arm64': 'f1f90ec08e849d494ca66c611470afc50192f0355f1a61c33f2cbde02d067823',
        'darwin-amd64': '2d79e744c2d7e505db936fbc898e05abc74fcb6e437c25befd26e9c9f00aa58b',
        'darwin-arm64': '920df4d17e78b3b0175af144eb318b0c74d1cf7b1d1251b326966f0e81977260',
      },
      url: platform =>
        `https://github.com/prometheus/prometheus/releases/download/v3.15.0/prometheus-3.15.0.${platform}.tar.gz`,
      member: platform => `prometheus-3.15.0.${platform}/promtool`,
    }),
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
    fromRelease({
      sha256: {
        'linux-amd64': '020468de7539ce70ef1bceaf7cde2e8c4f2ca6c3afb84642aabc5c97d9fc2a0d',
        'linux-arm64': '6bc62f25981328edd3cfcfe6fe51b073f2d7e7710d7ef7fcdac28d4e384fc3d4',
        'darwin-amd64': 'e80dbe0d2a2597e3c11c404f03337b981d74b4a8504b70586c354b7697a7c27f',
        'darwin-arm64': 'a9fe3ea2f86dfc72f6728417521ec9067b343277152b114f4e98d8cb0e263603',
      },
      url: platform =>
        `https://github.com/jqlang/jq/releases/download/jq-1.8.1/jq-${platform.replace('darwin', 'macos')}`,
    }),
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
  cfnLint,
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
    fromRelease({
      sha256: {
        'linux-amd64': '1e4ab49e429626cf6c6958d914248b78c9730803c2751b87627e171dc800e7bb',
        'linux-arm64': 'f14e804dfee240f55525b667488fe9adca349e63e00c9af634c0beb1421ac310',
      },
      url: platform => `https://get.helm.sh/helm-v3.22.0-${platform}.tar.gz`,
      member: platform => `${platform}/helm`,
    }),
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
