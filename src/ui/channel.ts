import { attribute, type Html, html } from './html.ts'
import type { ChannelChoice } from './views.ts'
import type { Words } from './words.ts'

/**
 * Where a code should go, folded away: the first way is right for most, and another one is never hidden. What a person has is not looked
 * at: the question is the same for everybody (rule 22).
 */
export const channelField = ({ channels, chosen }: ChannelChoice, { say }: Words): Html =>
  html`<details class="more channels" id="channels" ${attribute('open', chosen !== channels[0])}>
    <summary id="channels-where">${say('channel.where')}</summary>
    <div class="choices" role="radiogroup" aria-labelledby="channels-where" aria-describedby="channels-hint">
      ${[...channels, 'all' as const].map(
        (channel) =>
          html`<div class="choice">
            <input type="radio" id="channel-${channel}" name="channel" value="${channel}" ${attribute('checked', channel === chosen)} />
            <label for="channel-${channel}">${say(`channel.${channel}`)}</label>
          </div>`,
      )}
    </div>
    <p class="hint" id="channels-hint">${say('channel.hint')}</p>
  </details>`
