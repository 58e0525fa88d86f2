// Second factors, sessions, two people and a purpose: as the page shows them, by keyboard, on a phone.
import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { ask, axe, closed, signIn, startSite, AUDITOR, CLERK, OFFICER, PHONE, WIDE, PASSWORD } from './site.mjs'
import { run, totp } from '../server/lib.mjs'

let site
before(async () => {
  site = await startSite()
  for (const rule of ['dual', 'purpose']) await run(['access', 'set', rule, 'on'], { data: site.server.data })
})
after(() => site?.stop())

/** Tabs until the thing with this name has the focus, and presses Enter: nothing needs a mouse. */
async function press(page, name) {
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press('Tab')
    if (await page.evaluate((n) => (document.activeElement?.textContent ?? '').trim() === n, name)) return page.keyboard.press('Enter')
  }
  assert.fail(`${name} is out of the keyboard's reach`)
}

it('a_second_factor_is_set_up_by_keyboard_on_a_phone_and_asked_for_at_the_next_sign_in', async () => {
  const page = await site.device(PHONE)
  await signIn(site, page, CLERK, '#/me')
  await page.getByText('没有启用').waitFor()
  await press(page, '绑定手机')
  await page.waitForSelector('.qr')
  assert.deepEqual(await axe(page, false), [])
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing sticks out at 360 px')
  const secret = (await page.locator('.totp .secret').textContent()).replaceAll(' ', '')
  await page.getByLabel(/输入手机上显示的 6 位数字/).fill(totp(secret, Date.now() - 30000))
  await page.keyboard.press('Enter')
  await page.locator('.codes li').nth(9).waitFor()
  const recovery = await page.locator('.codes li').allTextContents()
  assert.deepEqual(await axe(page, false), [])
  await page.getByRole('button', { name: '记好了' }).click()
  await page.getByText('还有 10 个备用码').waitFor()
  await page.locator('.session-list', { hasText: '就是现在这个' }).waitFor()

  const other = await site.device(PHONE)
  await other.goto(site.url + '/staff.html#/me')
  await other.fill('input[name=username]', CLERK)
  await other.fill('input[name=password]', PASSWORD)
  await other.keyboard.press('Enter')
  await other.waitForSelector('input[name=code]')
  assert.deepEqual(await axe(other, false), [])
  await other.keyboard.type('000000')
  await other.keyboard.press('Enter')
  await other.locator('.problem').waitFor()
  await other.keyboard.type(recovery[0].toLowerCase())
  await other.keyboard.press('Enter')
  await other.getByText('还有 9 个备用码').waitFor()

  await page.reload()
  await page.locator('.session-list li').nth(1).waitFor()
  await press(page, '退出这一处')
  await page.locator('.session-list li').nth(1).waitFor({ state: 'detached' })
  await other.reload()
  await other.waitForSelector('input[name=username]')
  await closed(other)
  await closed(page)
})

it('a_role_is_asked_for_by_one_and_confirmed_by_another', async () => {
  const officer = await site.device(WIDE), auditor = await site.device(PHONE)
  await signIn(site, officer, OFFICER, '#/users?q=gu.min')
  await officer.getByRole('row', { name: /gu\.min/ }).getByRole('button', { name: '改角色' }).click()
  await officer.getByLabel('理由').fill('轮岗到审核岗位')
  await officer.locator('.el-dialog').getByRole('combobox', { name: '角色' }).press('Enter')
  await officer.getByRole('option', { name: 'AI监护人' }).click()
  await officer.getByRole('button', { name: '提出申请' }).click()
  await officer.getByText(/提出了/).waitFor()

  await signIn(site, auditor, AUDITOR, '#/approvals')
  await auditor.getByText('轮岗到审核岗位').waitFor()
  assert.match(await auditor.locator('.approvals li').first().textContent(), /gu\.min：AI监护人/)
  assert.deepEqual(await axe(auditor, false), [])
  assert.ok(await auditor.evaluate(() => document.documentElement.scrollWidth <= innerWidth))
  await press(auditor, '确认')
  await auditor.getByText('已确认，可办理').waitFor()

  await officer.goto(site.url + '/staff.html#/approvals')
  await officer.getByRole('button', { name: '办理' }).click()
  await officer.getByText('已办理').waitFor()
  assert.deepEqual(await axe(officer, false), [])
  await officer.goto(site.url + '/staff.html#/users?q=gu.min')
  await officer.getByRole('row', { name: /gu\.min/ }).getByText('AI监护人').waitFor()
  await closed(officer)
  await closed(auditor)
})

it('what_is_sensitive_asks_what_for_and_charts_say_what_they_find', async () => {
  const citizen = await site.device()
  await ask(citizen, '80岁老人高龄津贴标准')
  const receipt = /Q\d{8}-\d{5}/.exec(await citizen.locator('.trust').textContent())[0]
  await closed(citizen)
  const page = await site.device(WIDE)
  await signIn(site, page, AUDITOR, `#/audit/exchange/${receipt}`)
  await page.getByText('查看前请说明用途').waitFor()
  assert.deepEqual(await axe(page, false), [])
  await page.getByLabel(/具体说明/).fill('季度例行抽查')
  await page.getByRole('button', { name: '说明并查看' }).click()
  await page.waitForSelector('.steps')
  await page.goto(site.url + '/staff.html#/audit?tab=figures')
  await page.waitForSelector('.chart canvas')
  assert.match(await page.locator('.chart h2').first().textContent(), /\d+ 条记录，其中 \d+ 次被拒绝/)
  assert.deepEqual(await axe(page, false), [])
  await page.getByRole('button', { name: '申请导出全部' }).click()
  await page.locator('.el-dialog textarea').fill('年度等保测评')
  await page.getByRole('button', { name: '提出申请' }).click()
  await page.getByText(/安全保密员确认后/).waitFor()
  await page.getByRole('button', { name: '冻结，不许归档' }).click()
  await page.locator('.el-dialog', { hasText: '冻结审计记录' }).locator('textarea').fill('案件办结前保留')
  await page.locator('.el-dialog', { hasText: '冻结审计记录' }).getByRole('button', { name: '冻结' }).click()
  await page.getByText('已冻结').waitFor()
  await closed(page)
})

it('a_request_about_personal_data_is_found_asked_for_and_carried_out_by_keyboard', async () => {
  const page = await site.device(PHONE)
  await signIn(site, page, OFFICER, '#/approvals')
  const box = page.locator('section', { hasText: '个人信息请求' })
  await box.getByLabel('要办什么').selectOption('erase')
  await box.getByLabel('要找的内容').fill('13000000000')
  await box.getByLabel('怎样核实了身份').fill('窗口核验身份证原件')
  await page.keyboard.press('Enter')
  await page.getByText('查看前请说明用途').waitFor()
  await page.getByLabel(/具体说明/).fill('办理本人删除请求')
  await page.getByRole('button', { name: '说明并查看' }).click()
  await box.getByText('找到 0 处').waitFor()
  assert.deepEqual(await axe(page, false), [])
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing sticks out at 360 px')
  await box.getByRole('button', { name: '提出申请' }).first().click()
  await page.getByText(/提出了/).waitFor()
  await page.reload()
  await page.getByText('更正或删除个人信息').first().waitFor()
  await closed(page)
})
