export { TraceStep as StepShape } from '@entra-agents/trace'
