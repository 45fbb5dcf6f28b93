import type { DeploymentEvent, DeploymentPluginReloadRequested, DeploymentReloadPlugin } from '../../schemas/generated.ts'
import { recorded, type Decider } from '../decider.ts'

/** Which opening of an ID system a deployment is at: stream `deployment-plugin.<id>`. Nothing was recorded of the first. */
export type PluginState = Partial<DeploymentPluginReloadRequested>

export const generationOf = ({ generation = 1 }: PluginState): number => generation

/** Each request is one more opening, also where a node could not do the last one: a number stands for one try. */
export const plugin: Decider<PluginState, DeploymentReloadPlugin, unknown, DeploymentEvent> = {
  initialState: {},
  decide: ({ plugin: id }, state) => recorded({ type: 'PluginReloadRequested', data: { plugin: id, generation: generationOf(state) + 1 } }),
  evolve: (state, event) => (event.type === 'PluginReloadRequested' ? event.data : state),
}
