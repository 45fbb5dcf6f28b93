import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { house, ISSUER, openDoors, type Doors, type House } from './house.ts'

describe('the language menu of a page that is not there', () => {
  let own: House
  let doors: Doors

  before(async () => {
    own = await house()
    doors = await openDoors(own.world, [])
  })

  after(async () => {
    await doors.close()
    await own.close()
  })

  // What a browser takes out of an address (tab, line break) and what the page takes out of a text (controls, marks of direction).
  for (const path of ['/%09/', '/%0a/', '/%0d/', '/%01/', '/%C2%85/', '/%E2%80%AA/', '/%EF%BB%BF/', '/%5c', '//', '/%2f%09/'])
    it(`stays here, whatever the path begins with: ${path} (attack 20)`, async () => {
      const { status, body } = await doors.send('GET', `${path}evil.example/x`, { headers: { accept: 'text/html' } })
      expect(status).to.equal(404)
      const hrefs = [...body.matchAll(/href="([^"]*\?ui_locales=[^"]*)"/g)].map(([, href = '']) =>
        href.replaceAll('&#9;', '\t').replaceAll('&#10;', '\n'),
      )
      expect(hrefs).not.to.be.empty
      for (const href of hrefs) expect(new URL(href, ISSUER).origin, href).to.equal(ISSUER)
    })
})
