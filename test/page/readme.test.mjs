// What README.md tells a newcomer to try first, tried.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { root } from '../server/lib.mjs'
import { ask, offences, signIn, startSite, textOf } from './site.mjs'

let site
before(async () => { site = await startSite() })
after(async () => { await site?.stop() })

it('the_first_steps_of_the_readme_give_what_it_promises', async () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const [amount, missing] = [/- `([^`]+)`: the clause/, /- `([^`]+)`: not found/].map((r) => r.exec(readme)[1])
  const [, on] = /date set to (\d{4}-\d{2}-\d{2})/.exec(readme), [, clerk] = /`([a-z.]+)` \(a clerk\)/.exec(readme), [, guardian] = /`([a-z.]+)` \(a guardian /.exec(readme)

  const page = await site.device({ width: 1280, height: 800 })
  await ask(page, amount)
  assert.match(await page.locator('.evidence').textContent(), /高龄津贴发放办法》第五条.*2024-07-01 起/s)
  assert.match(await page.locator('.answer').textContent(), /100元/)
  assert.match(await page.locator('.next').textContent(), /民政局/)
  await page.getByRole('button', { name: '按某日的政策' }).click()
  await page.getByLabel('按这天的政策回答').fill(on)
  await ask(page, amount)
  const dated = page.locator('.turn').last()
  assert.match(await dated.locator('.evidence').textContent(), /2019-07-01 起/)
  assert.match(await dated.locator('.answer').textContent(), /50元/)
  await page.getByRole('button', { name: '按今天' }).click()
  await ask(page, missing)
  const none = page.locator('.turn').last()
  assert.match(await none.textContent(), /可能相关.*没有找到/s)
  assert.equal(await none.locator('.trust .label').count(), 0, 'nothing was generated, nothing is called so')
  assert.ok(await page.getByRole('button', { name: '找人工' }).count() >= 1)

  const desk = await site.device({ width: 1440, height: 900 })
  await signIn(site, desk, clerk, '#/inbox')
  await desk.getByRole('button', { name: new RegExp(missing) }).click()
  await desk.fill('#reply', '个人不能养猴子，请问市林业局。')
  await desk.getByText('同时提为标准回答').click()
  await desk.press('#reply', 'Control+Enter')
  await desk.getByText(/等监护人批准/).first().waitFor()
  const second = await site.device({ width: 1440, height: 900 })
  await signIn(site, second, guardian, '#/standards?state=proposed')
  const proposed = second.locator('.standards li', { hasText: missing })
  await proposed.getByRole('button', { name: '批准' }).click()
  await second.getByText('批准了').first().waitFor()

  const next = await site.device()
  await ask(next, missing)
  assert.deepEqual(await textOf(next, '.sentence'), ['个人不能养猴子，请问市林业局。'])
  await page.goto(site.url + '/#/mine')
  await page.locator('.mine .reply', { hasText: '个人不能养猴子' }).waitFor()
  for (const p of [page, desk, second, next]) assert.deepEqual(await offences(p), [])
})
