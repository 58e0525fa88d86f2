// The picture of README.md is taken here, from the running product, never drawn by hand.
// UPDATE_SCREENSHOT=1 lays it over docs/screenshot.png; otherwise it goes to build/.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { root } from '../server/lib.mjs'
import { ask, startSite } from './site.mjs'

const SIZE = { width: 1280, height: 800 }
const sizeOf = (png) => ({ width: png.readUInt32BE(16), height: png.readUInt32BE(20) })

it('the_picture_of_the_readme_shows_a_question_its_clause_and_the_checked_answer', async () => {
  const site = await startSite()
  try {
    site.engine.next({ kind: 'plain', text: '80周岁至89周岁的，每人每月100元。高龄津贴自老年人年满80周岁的当月起计发，于每月20日前发放至本人社会保障卡金融账户。' })
    const page = await site.device(SIZE, { reducedMotion: 'reduce' })
    await ask(page, '我妈82了，高龄津贴按什么标准发放，每月几号发')
    await page.locator('.cite').first().click()
    await page.waitForSelector('.source mark')
    await page.mouse.move(0, 0)
    await page.evaluate(() => scrollTo(0, document.querySelector('.turn').offsetTop - 72))
    const path = process.env.UPDATE_SCREENSHOT ? 'docs/screenshot.png' : 'build/screenshot.png'
    mkdirSync(join(root, 'build'), { recursive: true })
    const png = await page.screenshot({ path: join(root, path), animations: 'disabled' })
    assert.deepEqual(sizeOf(png), SIZE)
    assert.deepEqual(sizeOf(readFileSync(join(root, 'docs/screenshot.png'))), SIZE, 'the committed one is of the same page')
  } finally {
    await site.stop()
  }
})
