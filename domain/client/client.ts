import type { ClientCommand, ClientConfiguration, ClientEvent } from '../../schemas/generated.ts'
import { recorded, refused, type Decider, type Decision } from '../decider.ts'
import type { Digest } from '../ports.ts'

/** The form of a `client_id`: what may be part of a stream's name. */
export const isClientId = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$/.test(text)

/** A relying party: stream `client-<id>`. Each event restates the whole configuration (rule 8). */
export type ClientState = {
  readonly registered: boolean
  readonly active: boolean
  readonly configuration?: ClientConfiguration
  /** The configuration as an artefact: what a decision cites (rule 6). */
  readonly artefact?: Digest
}

const decide = (command: ClientCommand, state: ClientState): Decision<ClientEvent> => {
  const { client } = command
  if (command.type === 'RegisterClient') {
    if (state.registered) return refused('client_exists')
    const { configuration, artefact } = command
    return recorded({ type: 'ClientRegistered', data: { client, configuration, artefact, active: true } })
  }
  const { configuration, artefact, active } = state
  if (configuration === undefined || artefact === undefined) return refused('client_unknown')
  switch (command.type) {
    case 'UpdateClient':
      // Two operators at once: what the second made was made from what the first has replaced.
      if (command.replaces !== undefined && command.replaces !== artefact) return refused('client_changed')
      // The sector decides which `sub` a person has here: it is frozen at first use (rule 19).
      if (command.configuration.sector_identifier !== configuration.sector_identifier) return refused('request_invalid')
      return recorded({
        type: 'ClientUpdated',
        data: { client, configuration: command.configuration, artefact: command.artefact, active },
      })
    case 'DeactivateClient':
      return active ? recorded({ type: 'ClientDeactivated', data: { client, configuration, artefact, active: false } }) : recorded()
    case 'ActivateClient':
      return active ? recorded() : recorded({ type: 'ClientActivated', data: { client, configuration, artefact, active: true } })
  }
}

export const client: Decider<ClientState, ClientCommand, unknown, ClientEvent> = {
  initialState: { registered: false, active: false },
  decide,
  evolve: (_state, event) => ({
    registered: true,
    active: event.data.active,
    configuration: event.data.configuration,
    artefact: event.data.artefact,
  }),
}
