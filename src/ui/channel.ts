import { attribute, type Html, html } from './html.ts'
import type { ChannelChoice } from './views.ts'
import type { Words } from './words.ts'

/** Where a code should go. What a person has is not looked at: the question is the same for everybody (rule 22). */
export const channelField = ({ channels, chosen }: ChannelChoice, { say }: Words): Html =>
  html`<fieldset class="field channels" id="channels">
    <legend>${say('channel.where')}</legend>
    <div class="choices">
      ${[...channels, 'all' as const].map(
        (channel) =>
          html`<div class="choice">
            <input type="radio" id="channel-${channel}" name="channel" value="${channel}" ${attribute('checked', channel === chosen)} />
            <label for="channel-${channel}">${say(`channel.${channel}`)}</label>
          </div>`,
      )}
    </div>
    <p class="hint">${say('channel.hint')}</p>
  </fieldset>`
