import { defineProblems, type EnvironmentReader, type ProblemKind } from '@entra-bedrock-agent/service-kit'
import { Type } from 'typebox'
import { Check } from 'typebox/value'
import { readDownstreamApi } from '../../../services/agent/src/identity/downstream-api.ts'
import type { ToolContext, Toolset } from '../../../services/agent/src/tools/toolset.ts'

const taskProblems = {
  PROJECT_NOT_NAMED: {
    status: 422,
    title: 'The message names no project.',
    hint: 'Ask like “Tasks of Apollo”.',
  },
} as const satisfies Record<string, ProblemKind>
const taskProblem = defineProblems(taskProblems)

const Tasks = Type.Object({ project: Type.String(), tasks: Type.Array(Type.String()) })
type Tasks = Type.Static<typeof Tasks>
const isTasks = (body: unknown): body is Tasks => Check(Tasks, body)

/** All that it takes to give the agent another API: this, and the variables TASKS_API_URL and TASKS_API_APP_ID. */
export function readTasksToolset(env: EnvironmentReader): Toolset {
  const api = readDownstreamApi(env, {
    name: 'tasks-api',
    title: 'Tasks API',
    permissions: { autonomous: 'Tasks.Read.All', obo: 'Tasks.Read' },
  })
  const list = ({ turn, callApi, parentId }: ToolContext, project: string) =>
    callApi(turn, api, {
      path: `/tasks?${new URLSearchParams({ project })}`,
      subject: `tasks of ${project}`,
      parentId,
      isBody: isTasks,
    })
  return {
    api,
    problems: taskProblems,
    examples: ['Tasks of Apollo'],
    instructions: 'Tasks\n- Take every task of a project from get_tasks.',
    load: async () => {
      const { defineTool } = await import('../../../services/agent/src/tools/define-tool.ts')
      return [
        defineTool({
          name: 'get_tasks',
          description: 'Tasks of one project.',
          schema: Type.Object({ project: Type.String({ description: 'Name of the project.' }) }),
          run: async ({ project }, context) => (await list(context, project)).tasks,
        }),
      ]
    },
    direct: {
      recognise(message) {
        const project = /^tasks of (\w+)$/i.exec(message)?.[1]
        return project === undefined
          ? undefined
          : {
              tool: 'get_tasks',
              arguments: { project },
              answer: async context => (await list(context, project)).tasks.join('; '),
            }
      },
      notRecognised: () => taskProblem('PROJECT_NOT_NAMED', 'No project was named.'),
    },
    wasNeeded: () => false,
  }
}
